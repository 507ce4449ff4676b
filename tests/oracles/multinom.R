# Multinomial logit with weights, without penalty: the oracle of cdo_analysis.cdo.fit_observed.
# Run with: Rscript multinom.R   (R 4.2, nnet 7.3-18). Writes multinom.csv (the data) and multinom.json (the numbers).
library(nnet)

set.seed(20261124)
n <- 240
x <- round(rnorm(n), 3)
group <- sample(c("a", "b", "c"), n, replace = TRUE)
weight <- round(runif(n, 0.4, 2.5), 2)
scores <- cbind(0, 0.8 * x - 0.4 * (group == "b"), -0.5 + 0.6 * (group == "c") - 0.7 * x)
probability <- exp(scores) / rowSums(exp(scores))
choice <- apply(probability, 1, function(p) sample(c("boss_led", "internal", "interim"), 1, prob = p))
data <- data.frame(x, group, weight, choice = factor(choice, levels = c("boss_led", "interim", "internal")))
write.csv(data, "multinom.csv", row.names = FALSE, quote = FALSE)

fit <- multinom(choice ~ x + group, data = data, weights = weight, trace = FALSE, reltol = 1e-14, abstol = 1e-14, maxit = 5000)
b <- coef(fit)
probability <- fitted(fit)[1:3, ]
number <- function(v) paste0("[", paste(formatC(v, digits = 8, format = "f"), collapse = ", "), "]")
cat(sprintf('{\n "options": ["interim", "internal"],\n "x": %s,\n "group_b": %s,\n "group_c": %s,\n "log_likelihood": %.6f,\n "first_firm": %s\n}\n',
  number(b[, "x"]), number(b[, "groupb"]), number(b[, "groupc"]), as.numeric(logLik(fit)), number(probability[1, ])),
  file = "multinom.json")
