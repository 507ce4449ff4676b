# Oracle of cdo_analysis.weighting.weighted_slope: R 4.2.2, survey 4.1.1. Run in this folder: Rscript slope.R
# Writes slope.json. Schools: data(api) of the package; slopes with an interaction, strata and a domain.
suppressMessages(library(survey))
data(api)
out <- list()
last <- function(name, model, df) {
  k <- length(coef(model))
  out[[name]] <<- c(coef(model)[k], SE(model)[k], confint(model, ddf = df)[k, ])
}
api <- apistrat
api$year_round <- as.numeric(api$yr.rnd == "Yes")
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = api)
plain <- svydesign(id = ~1, weights = ~pw, data = api)
last("slope", svyglm(api00 ~ ell, strat), degf(strat) - 1)
last("difference", svyglm(api00 ~ year_round, plain), degf(plain) - 1)
last("interaction", svyglm(api00 ~ ell + year_round + ell:year_round, strat), degf(strat) - 3)
domain <- subset(strat, comp.imp == "Yes")
last("domain", svyglm(api00 ~ ell, domain), degf(domain) - 1)
writeLines(jsonlite::toJSON(lapply(out, as.numeric), digits = 15, pretty = TRUE), "slope.json")
