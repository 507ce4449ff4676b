# Oracle of the structure diagnostics of cdo_analysis.maturity (omega, polychoric correlations, ordinal alpha, KMO,
# Bartlett, parallel analysis): R 4.2.2, package psych 2.2.9 (CRAN: psych, W. Revelle).
# Run in this folder: Rscript structure.R
# Writes structure_sample.csv (400 generated companies: a1 to a5, levels 1 to 5, on one factor; b1 to b4, levels 0
# and 1, on another one that is related to it) and structure.json (what psych finds).
suppressMessages(library(psych))
set.seed(20261125)
n <- 400
first <- rnorm(n)
second <- 0.4 * first + sqrt(1 - 0.4^2) * rnorm(n)
trait <- function(f, loading) loading * f + sqrt(1 - loading^2) * rnorm(n)
five <- function(loading) cut(trait(first, loading), c(-Inf, -1.2, -0.3, 0.5, 1.4, Inf), labels = FALSE)
tick <- function(loading, at) as.integer(trait(second, loading) > at)
firms <- data.frame(
  a1 = five(.8), a2 = five(.7), a3 = five(.6), a4 = five(.7), a5 = five(.5),
  b1 = tick(.8, 0), b2 = tick(.7, .5), b3 = tick(.6, -.3), b4 = tick(.7, 1)
)
write.csv(firms, "structure_sample.csv", row.names = FALSE, quote = FALSE)

number <- function(x) format(as.numeric(x), digits = 10)
one <- function(name, x) sprintf('  "%s": %s', name, number(x))
many <- function(name, x) sprintf('  "%s": [%s]', name, paste(number(x), collapse = ", "))
block <- function(name, x) {
  r <- cor(x)
  poly <- suppressWarnings(psych::polychoric(x)$rho)
  load <- psych::fa(r, nfactors = 1, n.obs = n, fm = "minres")$loadings[, 1]
  unique <- 1 - load^2
  c(many(paste0(name, "_loadings"), load),
    one(paste0(name, "_omega"), suppressMessages(suppressWarnings(psych::omega(x, nfactors = 1, plot = FALSE)$omega.tot))),
    many(paste0(name, "_polychoric"), poly[lower.tri(poly)]),
    one(paste0(name, "_ordinal_alpha"), suppressWarnings(psych::alpha(poly, warnings = FALSE)$total$raw_alpha)))
}
everything <- cor(firms)
sphericity <- psych::cortest.bartlett(everything, n = n)
pdf(NULL)
set.seed(1)
parallel <- suppressWarnings(suppressMessages(psych::fa.parallel(firms, fa = "pc", n.iter = 50, plot = FALSE)))
writeLines(c("{", paste(c(
  block("a", firms[, 1:5]), block("b", firms[, 6:9]),
  one("kmo", psych::KMO(everything)$MSA), one("chi2", sphericity$chisq), one("df", sphericity$df),
  one("components", parallel$ncomp)
), collapse = ",\n"), "}"), "structure.json")
