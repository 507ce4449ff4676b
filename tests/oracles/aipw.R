# Doubly robust scores from given nuisances, their weighted means, and a normal-prior regression of them: the oracle of
# cdo_analysis.cdo.projection. Base R only. Run with: Rscript aipw.R
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

# Regression of g1 on 1, x, x^2 whose coefficients are normal with the given variances, noise 0.5 / e1: posterior and
# marginal likelihood from the covariance of the n responses (not from the normal equations).
Z <- cbind(1, x, x^2)
noise <- diag(0.5 / e1)
gauss <- function(prior) {
  S <- diag(prior)
  V <- Z %*% S %*% t(Z) + noise
  K <- S %*% t(Z) %*% solve(V)
  list(mean = as.vector(K %*% g1), cov = S - K %*% Z %*% S,
       loglik = -0.5 * (as.numeric(determinant(V)$modulus) + sum(g1 * solve(V, g1))))
}
one <- gauss(c(100, 0.5, 0.2))
two <- gauss(c(100, 0.05, 1))
text <- function(v) paste(sprintf("%.10f", v), collapse = ", ")
cat(sprintf('{\n "mean": [%s],\n "se": [%s],\n "posterior": [%s],\n "covariance": [%s],\n "likelihood_gain": %.10f\n}\n',
  text(c(wmean(g0), wmean(g1))), text(c(wse(g0), wse(g1))), text(one$mean), text(as.vector(one$cov)),
  two$loglik - one$loglik), file = "aipw.json")
