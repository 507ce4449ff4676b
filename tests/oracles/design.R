# Oracle of cdo_analysis.weighting (design, estimates, replicates, association, trimming): R 4.2.2, survey 4.1.1.
# Run in this folder: Rscript design.R
# Writes design.json. Schools: data(api) of the package. Firms: weighting_sample.csv of this folder.
suppressMessages(library(survey))
data(api)
out <- list()
put <- function(name, value) out[[name]] <<- as.numeric(value)
both <- function(name, estimate) put(name, c(coef(estimate), SE(estimate)))

strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat, fpc = ~fpc)
clus1 <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
clus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)

m <- svymean(~api00, strat, deff = TRUE)
put("strat_mean", c(coef(m), SE(m), deff(m), confint(m, df = degf(strat))))
both("strat_total_enroll", svytotal(~enroll, strat))
both("strat_ratio", svyratio(~api.stu, ~enroll, strat))
by <- svyby(~api99, ~stype, strat, svymean)
put("strat_by_mean", coef(by)); put("strat_by_se", SE(by))
domain <- subset(strat, comp.imp == "Yes")
both("strat_domain_mean", svymean(~api00, domain))
put("strat_domain_ci", confint(svymean(~api00, domain), df = degf(domain)))
both("strat_domain_total", svytotal(~enroll, domain))
q <- svyquantile(~api00, strat, c(.25, .5, .75))
put("strat_quantiles", q$api00[, "quantile"]); put("strat_quantiles_low", q$api00[, "ci.2.5"])
put("strat_quantiles_high", q$api00[, "ci.97.5"]); put("strat_quantiles_se", q$api00[, "se"])
both("clus1_mean", svymean(~api00, clus1))
both("clus1_total_enroll", svytotal(~enroll, clus1))
both("clus1_ratio", svyratio(~api.stu, ~enroll, clus1))
put("clus1_stype", c(coef(svytotal(~stype, clus1)), SE(svytotal(~stype, clus1))))
both("clus2_mean", svymean(~api00, clus2))
both("clus2_total_enroll", svytotal(~enroll, clus2, na.rm = TRUE))
q <- svyquantile(~api00, clus1, .5)$api00
put("clus1_median", q[1, c("quantile", "ci.2.5", "ci.97.5", "se")])

# Calibration: totals of stype and api99 over apipop (as in the vignette), three distances.
totals <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
for (how in c("linear", "raking")) {
  cal <- calibrate(clus1, ~ stype + api99, totals, calfun = how, epsilon = 1e-12, maxit = 200)
  both(paste0("cal_", how, "_mean"), svymean(~api00, cal))
  both(paste0("cal_", how, "_total"), svytotal(~enroll, cal))
  both(paste0("cal_", how, "_domain"), svymean(~api00, subset(cal, comp.imp == "Yes")))
  put(paste0("cal_", how, "_weights"), range(weights(cal)))
}
logit <- calibrate(clus1, ~ stype + api99, totals, calfun = "logit", bounds = c(.5, 2), epsilon = 1e-12, maxit = 200)
both("cal_logit_mean", svymean(~api00, logit))
put("cal_logit_weights", range(weights(logit)))
post <- postStratify(clus1, ~stype, data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)))
both("post_mean", svymean(~api00, post)); both("post_total", svytotal(~enroll, post))

# Replicates, around the full-sample estimate.
options(survey.replicates.mse = TRUE)
jkn <- as.svrepdesign(strat, type = "JKn")
both("jkn_mean", svymean(~api00, jkn)); both("jkn_total", svytotal(~enroll, jkn))
both("jkn_ratio", svyratio(~api.stu, ~enroll, jkn))
jk1 <- as.svrepdesign(clus1, type = "JK1")
both("jk1_mean", svymean(~api00, jk1))
jkc <- calibrate(jk1, ~ stype + api99, totals, calfun = "raking", epsilon = 1e-12, maxit = 200)
both("jk1_cal_mean", svymean(~api00, jkc))

# Association.
chi <- function(name, formula, design) {
  t <- svychisq(formula, design)
  put(name, c(t$statistic, t$parameter, t$p.value))
}
chi("chi_clus1", ~ sch.wide + stype, clus1)
chi("chi_strat", ~ comp.imp + stype, strat)
chi("chi_domain", ~ sch.wide + comp.imp, subset(clus1, stype == "E"))

# Firms: strata with one firm, and a stratum drawn whole.
firms <- read.csv("weighting_sample.csv", colClasses = c(region = "character"))
firms$stratum <- ifelse(firms$respondent == "r05", "alone", paste(firms$size))
for (how in c("adjust", "remove")) {
  options(survey.lonely.psu = how)
  lonely <- svydesign(id = ~1, strata = ~stratum, weights = ~r_weight, data = firms)
  both(paste0("lonely_", how), svymean(~has_cdo, lonely))
}
options(survey.lonely.psu = "fail")
firms$population <- ifelse(firms$stratum == "alone", 1, 500)
whole <- svydesign(id = ~1, strata = ~stratum, weights = ~r_weight, fpc = ~population, data = firms)
both("lonely_whole", svymean(~has_cdo, whole))
plain <- svydesign(id = ~1, weights = ~r_weight, data = firms)
q <- svyquantile(~budget_keur, plain, c(.1, .5), na.rm = TRUE)$budget_keur
put("firms_q10", q[1, ]); put("firms_median", q[2, ])
chi("firms_chi", ~ has_cdo + size, plain)
chi("chi_empty_cell", ~ size + region, subset(plain, !(size == "eti" & region == "93")))
trimmed <- trimWeights(plain, upper = 25, lower = 3, strict = TRUE)
put("trim_strict", c(weights(trimmed), sum(weights(trimmed)^2)))
put("trim_once", weights(trimWeights(plain, upper = 25, lower = 3)))

options(digits = 15)
line <- function(name) sprintf('  "%s": [%s]', name, paste(ifelse(is.finite(out[[name]]), format(out[[name]], digits = 15, trim = TRUE), "null"), collapse = ", "))
writeLines(c("{", paste(vapply(names(out), line, ""), collapse = ",\n"), "}"), "design.json")
