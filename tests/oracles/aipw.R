# Doubly robust scores from given nuisances, their weighted means, and their linear projection with HC1 errors:
# the oracle of cdo_analysis.cdo.projection. Base R only. Run with: Rscript aipw.R
# Writes aipw.csv (the data, with the nuisances) and aipw.json (the numbers).
set.seed(7)
n <- 40
x <- round(rnorm(n), 3)
weight <- round(runif(n, 0.5, 2), 2)
arm <- rep(0:1, n / 2)
y <- round(1 + x + 0.5 * arm + rnorm(n, sd = 0.5), 3)
e1 <- round(plogis(0.4 * x), 4)
m0 <- round(0.9 + 1.1 * x, 4)
m1 <- round(1.6 + 0.8 * x, 4)
write.csv(data.frame(x, weight, arm, y, e0 = 1 - e1, e1, m0, m1), "aipw.csv", row.names = FALSE)

g0 <- m0 + (arm == 0) / (1 - e1) * (y - m0)
g1 <- m1 + (arm == 1) / e1 * (y - m1)
wmean <- function(g) sum(weight * g) / sum(weight)
wse <- function(g) sqrt(sum(weight^2 * (g - wmean(g))^2)) / sum(weight)

# Projection of the difference: variance of a contrast of the two arms, at x = 1.
z <- (x - mean(x)) / sqrt(mean((x - mean(x))^2))
Z <- cbind(1, z)
bread <- solve(t(Z) %*% (weight * Z))
hc1 <- function(g) {
  fit <- lm(g ~ z, weights = weight)
  u <- weight * residuals(fit)
  list(b = coef(fit), V = bread %*% (t(Z * u) %*% (Z * u)) %*% bread * n / (n - 2))
}
at <- c(1, (1 - mean(x)) / sqrt(mean((x - mean(x))^2)))
p1 <- hc1(g1)
pd <- hc1(g1 - g0)
cat(sprintf('{\n "mean": [%.10f, %.10f],\n "se": [%.10f, %.10f],\n "predicted_1_at_1": %.10f,\n "se_1_at_1": %.10f,\n "difference_at_1": %.10f,\n "se_difference_at_1": %.10f\n}\n',
  wmean(g0), wmean(g1), wse(g0), wse(g1), sum(at * p1$b), sqrt(t(at) %*% p1$V %*% at),
  sum(at * pd$b), sqrt(t(at) %*% pd$V %*% at)), file = "aipw.json")
