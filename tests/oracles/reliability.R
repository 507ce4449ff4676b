# Oracle of cdo_analysis.maturity.reliability: R 4.2.2, package psych 2.2.9 (CRAN: psych, W. Revelle).
# Run in this folder: Rscript reliability.R
# Writes reliability_sample.csv (120 generated companies, five items from 1 to 5, the fourth one reversed, a few
# answers missing, a weight) and reliability.json (what psych finds on the complete ones).
suppressMessages(library(psych))
set.seed(20261124)
n <- 120
level <- rnorm(n)
item <- function(loading) pmin(5, pmax(1, round(3 + 1.1 * (loading * level + sqrt(1 - loading^2) * rnorm(n)))))
firms <- data.frame(
  respondent = sprintf("r%03d", 1:n),
  q1 = item(.8), q2 = item(.7), q3 = item(.6), q4 = 6 - item(.7), q5 = item(.1),
  weight = round(rgamma(n, 3, 3), 4)
)
firms$q2[c(5, 60)] <- NA
firms$q4[c(60, 61, 119)] <- NA
write.csv(firms, "reliability_sample.csv", row.names = FALSE, quote = FALSE, na = "")

complete <- na.omit(firms)
keyed <- complete[, c("q1", "q2", "q3", "q4", "q5")]
keyed$q4 <- 6 - keyed$q4
found <- psych::alpha(keyed, warnings = FALSE)
interval <- psych::alpha.ci(found$total$raw_alpha, nrow(keyed), ncol(keyed))
weighted <- cov.wt(keyed, wt = complete$weight / sum(complete$weight), method = "ML")
w_found <- suppressWarnings(psych::alpha(weighted$cov, warnings = FALSE))
number <- function(x) format(as.numeric(x), digits = 12)
one <- function(name, x) sprintf('  "%s": %s', name, number(x))
rest <- found$item.stats$r.drop
writeLines(c("{", paste(c(
  one("n", nrow(keyed)),
  one("alpha", found$total$raw_alpha), one("alpha_low", interval$lower.ci), one("alpha_high", interval$upper.ci),
  one("mean_correlation", found$total$average_r), one("lowest_item_rest", min(rest)),
  sprintf('  "lowest_item": "%s"', colnames(keyed)[which.min(rest)]),
  one("weighted_alpha", w_found$total$raw_alpha),
  one("weighted_lowest_item_rest", min(w_found$item.stats$r.drop)),
  sprintf('  "mean": [%s]', paste(number(sapply(firms[, 2:6], mean, na.rm = TRUE)), collapse = ", ")),
  sprintf('  "sd": [%s]', paste(number(sapply(firms[, 2:6], sd, na.rm = TRUE)), collapse = ", "))
), collapse = ",\n"), "}"), "reliability.json")
