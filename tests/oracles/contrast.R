# Oracle of cdo_analysis.weighting.contrasts: R 4.2.2, survey 4.1.1. Run in this folder: Rscript contrast.R
# Writes contrast.json. Firms: weighting_sample.csv of this folder; schools: data(api) of the package, drawn by
# clusters, so that the means of two domains have a covariance.
suppressMessages(library(survey))
data(api)
out <- list()
compare <- function(formula, by, design) {
  both <- svyby(formula, by, design, svymean, covmat = TRUE)
  gap <- svycontrast(both, c(-1, 1))
  covariance <- vcov(both)
  c(rev(coef(both)), rev(SE(both)), coef(gap), SE(gap), covariance[1, 2])
}
firms <- read.csv("weighting_sample.csv", colClasses = c(region = "character"))
firms$inside <- firms$size == "pme" & firms$sector %in% c("trade", "industry")
firms$known <- !(firms$respondent %in% c("r09", "r30"))
strat <- svydesign(ids = ~1, strata = ~region, weights = ~r_weight, data = firms)
known <- subset(strat, known)
out$mean <- compare(~budget_keur, ~inside, subset(known, !is.na(budget_keur)))
out$share <- compare(~has_cdo, ~inside, known)
slope <- svyglm(budget_keur ~ inside, known)
out$slope <- c(coef(slope)[2], SE(slope)[2])
apiclus1$high <- apiclus1$stype == "H"
schools <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
out$clusters <- compare(~api00, ~high, schools)
p <- c(0.001, 0.2, 0.013, 0.04, 0.0401, 0.9, 0.012)
out$holm <- p.adjust(p, "holm")
out$bh <- p.adjust(p, "BH")
# Welch's test of two samples drawn with replacement: weights all alike, no design.
first <- c(3.1, 4.7, 8.2, 6.0, 9.9, 2.2); second <- c(1.0, 2.5, 2.0, 3.6, 4.1, 0.4, 2.8, 1.9, 3.3)
welch <- t.test(first, second)
out$welch <- c(diff(rev(welch$estimate)), welch$stderr, welch$parameter, welch$p.value, welch$conf.int)
writeLines(jsonlite::toJSON(lapply(out, as.numeric), digits = 15, pretty = TRUE), "contrast.json")
