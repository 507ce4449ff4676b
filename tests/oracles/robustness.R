# Robustness value, benchmark bounds and the bias that they allow, from regressions: Cinelli and Hazlett, JRSS B 82(1),
# 2020, sections 4.2 to 4.4. The oracle of cdo_analysis.cdo.robustness. Base R only. Run with: Rscript robustness.R
# Writes robustness.csv (the data) and robustness.json (the numbers).
set.seed(11)
n <- 200
x1 <- round(rnorm(n), 3)
x2 <- round(rnorm(n), 3)
arm <- as.integer(runif(n) < plogis(0.8 * x1 - 0.3 * x2))
y <- round(0.5 * arm + 0.9 * x1 + 0.4 * x2 + rnorm(n), 3)
write.csv(data.frame(x1, x2, arm, y), "robustness.csv", row.names = FALSE)

fit <- lm(y ~ arm + x1 + x2)
b <- summary(fit)$coefficients["arm", ]
df <- fit$df.residual
f <- abs(b["t value"]) / sqrt(df)
rv <- 0.5 * (sqrt(f^4 + 4 * f^2) - f^2)
# A confounder that explains rv of both: the adjusted estimate must be zero.
adjusted <- abs(b["Estimate"]) - b["Std. Error"] * sqrt(df) * sqrt(rv * rv / (1 - rv))

r2_d <- 1 - deviance(lm(arm ~ x1 + x2)) / deviance(lm(arm ~ x2))
r2_y <- 1 - deviance(fit) / deviance(lm(y ~ arm + x2))
adj <- function(full, small) 1 - (deviance(full) / df.residual(full)) / (deviance(small) / df.residual(small))
# Bounds of a confounder once as strong as x1, built as such: u explains of arm and y what x1 does.
bound_d <- r2_d / (1 - r2_d)
r2_u_x <- r2_d^2 / ((1 - bound_d) * (1 - r2_d))
bound_y <- ((1 + sqrt(r2_u_x)) / sqrt(1 - r2_u_x))^2 * r2_y / (1 - r2_y)
cat(sprintf('{\n "strength": %.10f,\n "ratio": %.10f,\n "robustness": %.10f,\n "adjusted": %.10f,\n "r2_arm": %.10f,\n "r2_outcome": %.10f,\n "bound_arm": %.10f,\n "bound_outcome": %.10f,\n "adjusted_r2_arm": %.10f,\n "adjusted_r2_outcome": %.10f\n}\n',
  f, b["Std. Error"] * sqrt(df), rv, adjusted, r2_d, r2_y, bound_d, bound_y,
  adj(lm(arm ~ x1 + x2), lm(arm ~ x2)), adj(fit, lm(y ~ arm + x2))), file = "robustness.json")
