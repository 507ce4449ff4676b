# Oracle of cdo_analysis.weighting: R 4.2.2, package survey 4.1.1 (CRAN: survey, T. Lumley).
# Run in this folder: Rscript weighting.R
# Writes weighting_sample.csv (80 generated firms and the weights that survey::rake gives them),
# weighting_margins.csv (the margins used) and weighting.json (weighted estimates and their intervals).
suppressMessages(library(survey))
set.seed(20261124)
n <- 80
firms <- data.frame(
  respondent = sprintf("r%02d", 1:n),
  size = sample(c("micro", "pme", "eti"), n, TRUE, c(.2, .6, .2)),
  sector = sample(c("industry", "trade", "services", "other"), n, TRUE, c(.3, .2, .3, .2)),
  region = sample(c("11", "84", "93"), n, TRUE),
  design_weight = round(rgamma(n, 4, 1 / 3), 3)
)
firms$budget_keur <- round(exp(rnorm(n, 3 + (firms$size == "eti"), .8)), 1)
firms$budget_keur[c(7, 23, 41)] <- NA
firms$has_cdo <- as.integer(runif(n) < ifelse(firms$size == "eti", .5, .15))
margins <- data.frame(
  variable = rep(c("size", "sector", "region"), c(3, 4, 3)),
  category = c("micro", "pme", "eti", "industry", "trade", "services", "other", "11", "84", "93"),
  population = c(300, 550, 150, 220, 240, 400, 140, 380, 330, 290)
)
margin_of <- function(name) {
  part <- margins[margins$variable == name, ]
  setNames(data.frame(part$category, part$population), c(name, "Freq"))
}
raked <- rake(
  svydesign(ids = ~1, weights = ~design_weight, data = firms),
  list(~size, ~sector, ~region), lapply(c("size", "sector", "region"), margin_of),
  control = list(maxit = 1000, epsilon = 1e-12)
)
firms$r_weight <- weights(raked)
options(digits = 15)
write.csv(firms, "weighting_sample.csv", row.names = FALSE, quote = FALSE, na = "")
write.csv(margins, "weighting_margins.csv", row.names = FALSE, quote = FALSE)

# The estimates take the weights as given: a plain design with the raked weights.
given <- svydesign(ids = ~1, weights = ~r_weight, data = firms)
budget <- svymean(~budget_keur, given, na.rm = TRUE)
mean_interval <- confint(budget, df = degf(subset(given, !is.na(budget_keur))))
share <- svymean(~has_cdo, given)
p <- as.numeric(coef(share))
n_share <- min(n, p * (1 - p) / as.numeric(vcov(share)))
wilson <- prop.test(p * n_share, n_share, correct = FALSE)$conf.int
logit <- confint(svyciprop(~has_cdo, given, method = "logit"))
beta <- confint(svyciprop(~has_cdo, given, method = "beta"))
w <- firms$r_weight
number <- function(x) format(as.numeric(x), digits = 15)
pair <- function(x) sprintf("[%s, %s]", number(x[1]), number(x[2]))
writeLines(c(
  "{",
  sprintf('  "effective_n": %s,', number(sum(w)^2 / sum(w^2))),
  sprintf('  "mean": %s, "mean_se": %s, "mean_interval": %s,', number(coef(budget)), number(SE(budget)), pair(mean_interval)),
  sprintf('  "share": %s, "share_se": %s, "share_wilson": %s,', number(p), number(SE(share)), pair(wilson)),
  sprintf('  "share_svyciprop_logit": %s, "share_svyciprop_beta": %s', pair(logit), pair(beta)),
  "}"
), "weighting.json")
