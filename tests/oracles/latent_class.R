# Oracle of tests/test_profiles.py: two latent classes with weights and missing answers, maximised by R's optim on the
# log-likelihood written out row by row (no EM, no code shared with Python). The data are made up.
# Run: Rscript latent_class.R > latent_class.json   (R 4.2.2, base packages only)
answers <- read.csv("latent_class.csv", na.strings = "")
weight <- answers$weight * nrow(answers) / sum(answers$weight)
items <- lapply(answers[c("erp", "crm", "web", "data")], factor)
softmax <- function(x) exp(x) / sum(exp(x))

unpack <- function(theta) {
  at <- 1
  take <- function(m) { values <- c(0, theta[at:(at + m - 2)]); at <<- at + m - 1; softmax(values) }
  shares <- take(2)
  list(shares = shares, p = lapply(items, function(item) lapply(1:2, function(class) take(nlevels(item)))))
}

row_log_likelihood <- function(theta) {
  model <- unpack(theta)
  likelihood <- sapply(1:2, function(class) {
    value <- rep(model$shares[class], nrow(answers))
    for (name in names(items)) {
      p <- model$p[[name]][[class]][as.integer(items[[name]])]
      value <- value * ifelse(is.na(p), 1, p)
    }
    value
  })
  log(rowSums(likelihood))
}

objective <- function(theta) -sum(weight * row_log_likelihood(theta))
n_parameters <- 1 + 2 * sum(sapply(items, nlevels) - 1)
set.seed(1)
fits <- lapply(1:40, function(start) {
  optim(rnorm(n_parameters), objective, method = "BFGS", control = list(maxit = 5000, reltol = 1e-15))
})
best <- fits[[which.min(sapply(fits, function(fit) fit$value))]]
model <- unpack(best$par)
order_of <- order(sapply(1:2, function(class) model$p$erp[[class]][2]))  # class 1: fewer ERP
rows <- function(p) paste0("[", paste(sapply(order_of, function(class)
  paste0("[", paste(sprintf("%.7f", p[[class]]), collapse = ", "), "]")), collapse = ", "), "]")
cat("{\n")
cat(sprintf("  \"log_likelihood\": %.6f,\n", -best$value))
cat(sprintf("  \"n_parameters\": %d,\n", n_parameters))
cat(sprintf("  \"shares\": [%s],\n", paste(sprintf("%.7f", model$shares[order_of]), collapse = ", ")))
cat("  \"probabilities\": {\n")
cat(paste(sapply(names(items), function(name) sprintf("    \"%s\": %s", name, rows(model$p[[name]]))), collapse = ",\n"))
cat("\n  },\n")
cat(sprintf("  \"first_rows_log_likelihood\": [%s]\n}\n",
            paste(sprintf("%.7f", row_log_likelihood(best$par)[1:5]), collapse = ", ")))
