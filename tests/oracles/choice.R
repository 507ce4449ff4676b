# Errors that weights do not break, average marginal effects, conditional and nested logit: the oracle of
# cdo_analysis.cdo.fit_multinomial, average_effects, fit_conditional and fit_nested.
# Run with: Rscript choice.R  after multinom.R (R 4.2, nnet 7.3-18, survey 4.1-1). Reads multinom.csv; writes
# choice_sample.csv (a made-up choice among four options, one row a firm and option) and choice.json (the numbers).
library(nnet)
suppressMessages(library(survey))
number <- function(v) paste0("[", paste(formatC(v, digits = 8, format = "f"), collapse = ", "), "]")

# --- multinomial logit: coefficients by nnet, design-based errors by survey::svymle --------------------------------
data <- read.csv("multinom.csv", stringsAsFactors = TRUE)
data$y <- as.integer(data$choice) # boss_led, interim, internal
fit <- multinom(choice ~ x + group, data = data, weights = weight, trace = FALSE, reltol = 1e-14, abstol = 1e-14, maxit = 5000)
score <- function(y, a, b) (y == 2) * a + (y == 3) * b - log(1 + exp(a) + exp(b))
slope <- function(y, a, b) {
  total <- 1 + exp(a) + exp(b)
  cbind((y == 2) - exp(a) / total, (y == 3) - exp(b) / total)
}
design <- svydesign(ids = ~1, weights = ~weight, data = data)
ml <- svymle(loglike = score, gradient = slope, design = design, method = "BFGS",
  formulas = list(a = y ~ x + group, b = ~ x + group), start = as.vector(t(coef(fit))),
  control = list(reltol = 1e-14, maxit = 2000))
robust <- sqrt(diag(ml$sandwich))
stopifnot(max(abs(coef(ml) - as.vector(t(coef(fit))))) < 1e-4)
plain <- summary(fit)$standard.errors

# --- average marginal effects: nnet refitted without each firm (jackknife) -----------------------------------------
effects <- function(keep) {
  part <- data[keep, ]
  m <- multinom(choice ~ x + group, data = part, weights = weight, trace = FALSE, reltol = 1e-14, abstol = 1e-14, maxit = 5000)
  of <- function(d) colSums(predict(m, d, type = "probs") * part$weight) / sum(part$weight)
  more <- part
  more$x <- more$x + step
  as <- function(level) transform(part, group = factor(level, levels(data$group)))
  c(of(more) - of(part), of(as("b")) - of(as("a")), of(as("c")) - of(as("a")))
}
step <- sqrt(mean((data$x - mean(data$x))^2))
n <- nrow(data)
all_effects <- effects(rep(TRUE, n))
without <- sapply(seq_len(n), function(i) effects(seq_len(n) != i))
jackknife <- sqrt((n - 1) / n * rowSums((without - rowMeans(without))^2))

# --- conditional and nested logit, by the likelihood written out and optim -----------------------------------------
set.seed(4)
firms <- 250
options <- c("a", "b", "c", "d")
nest <- c(1, 1, 2, 2)
cost <- round(matrix(rnorm(4 * firms), firms), 3)
quality <- round(matrix(runif(4 * firms), firms), 3)
weight <- round(runif(firms, 0.5, 2), 2)
constants <- c(0, 0.3, -0.2, 0.4)
log_share <- function(V, lambda, scaled = TRUE) { # rows: firms; lambda: one a nest
  s <- if (scaled) V / matrix(lambda[nest], nrow(V), 4, byrow = TRUE) else V
  I <- cbind(log(rowSums(exp(s[, nest == 1, drop = FALSE]))), log(rowSums(exp(s[, nest == 2, drop = FALSE]))))
  upper <- I * matrix(lambda, nrow(V), 2, byrow = TRUE)
  s - I[, nest] + (upper - log(rowSums(exp(upper))))[, nest]
}
truth <- exp(log_share(-1.0 * cost + 0.8 * quality + matrix(constants, firms, 4, byrow = TRUE), c(0.4, 0.7)))
choice <- apply(truth, 1, function(p) sample(4, 1, prob = p))
long <- data.frame(firm = rep(seq_len(firms), each = 4), option = options, cost = as.vector(t(cost)),
  quality = as.vector(t(quality)), weight = rep(weight, each = 4),
  chosen = as.integer(rep(seq_len(4), firms) == rep(choice, each = 4)))
write.csv(long, "choice_sample.csv", row.names = FALSE, quote = FALSE)
likelihood <- function(theta, lambda_of, w, scaled = TRUE) {
  V <- matrix(c(0, theta[1:3]), firms, 4, byrow = TRUE) + theta[4] * cost + theta[5] * quality
  sum(w * log_share(V, lambda_of(theta), scaled)[cbind(seq_len(firms), choice)])
}
climb <- function(k, lambda_of, w, scaled = TRUE) {
  start <- c(rep(0, 5), rep(1, k))
  f <- function(theta) -likelihood(theta, lambda_of, w, scaled)
  found <- optim(start, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 5000))
  found <- optim(found$par, f, method = "BFGS", hessian = TRUE, control = list(reltol = 1e-16, maxit = 5000, ndeps = rep(1e-5, 5 + k)))
  list(par = found$par, se = sqrt(diag(solve(optimHess(found$par, f, control = list(ndeps = rep(1e-4, 5 + k)))))), ll = -found$value)
}
one <- rep(1, firms)
conditional <- climb(0, function(t) c(1, 1), one)
weighted <- climb(0, function(t) c(1, 1), weight)
nested <- climb(2, function(t) t[6:7], one)
common <- climb(1, function(t) c(t[6], t[6]), one)
unscaled <- climb(2, function(t) t[6:7], one, FALSE)
json <- function(name, fit) sprintf(' "%s": {"coefficient": %s, "se": %s, "log_likelihood": %.6f}', name, number(fit$par), number(fit$se), fit$ll)
cat("{\n", sprintf(' "coefficient": %s,\n "se": %s,\n "robust_se": %s,\n "effects": %s,\n "effects_se": %s,\n "step": %.8f,\n',
  number(as.vector(t(coef(fit)))), number(as.vector(t(plain))), number(robust), number(all_effects), number(jackknife), step),
  paste(c(json("conditional", conditional), json("weighted", weighted), json("nested", nested), json("common", common), json("inclusive", unscaled)), collapse = ",\n"),
  "\n}\n", sep = "", file = "choice.json")
