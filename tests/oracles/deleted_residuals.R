# Oracle of cdo_analysis.weighting.Design(residuals = "deleted"): R 4.2.2, base R and survey 4.1.1.
# Run in this folder, after weighting.R: Rscript deleted_residuals.R
# Writes deleted_residuals.json: the error of a raked total and of a raked mean, stratified by region, from residuals of
# lm() over one less hatvalues(); beside them, what survey::calibrate gives (plain residuals).
suppressMessages(library(survey))
firms <- read.csv("weighting_sample.csv", colClasses = c(region = "character"))
margins <- read.csv("weighting_margins.csv", colClasses = c(category = "character"))
totals <- setNames(margins$population, paste0(margins$variable, margins$category))
firms$base <- firms$design_weight * 1000 / sum(firms$design_weight)
design <- svydesign(ids = ~1, strata = ~region, weights = ~base, data = firms)
columns <- colnames(model.matrix(~ size + sector + region, firms))
totals <- c(`(Intercept)` = 1000, totals)[columns]
raked <- calibrate(design, ~ size + sector + region, totals, calfun = "raking", epsilon = 1e-12, maxit = 200)
w <- weights(raked)
error <- function(influence) {
  fit <- lm(influence ~ size + sector + region, data = firms, weights = base)
  scores <- w * residuals(fit) / (1 - hatvalues(fit))
  by_stratum <- tapply(scores, firms$region, function(z) length(z) / (length(z) - 1) * sum((z - mean(z))^2))
  sqrt(sum(by_stratum))
}
total <- sum(w * firms$has_cdo)
mean_cdo <- total / sum(w)
number <- function(x) format(as.numeric(x), digits = 15)
writeLines(sprintf(
  '{"total": [%s, %s], "mean": [%s, %s], "mean_plain": %s}',
  number(total), number(error(firms$has_cdo)), number(mean_cdo), number(error((firms$has_cdo - mean_cdo) / sum(w))),
  number(SE(svymean(~has_cdo, raked)))
), "deleted_residuals.json")
