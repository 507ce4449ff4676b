# Factorial axes, Ward's tree, description of profiles: what FactoMineR prints on generated firms, weighted.
# Run in this folder: Rscript factorial.R   (FactoMineR 2.7, R 4.2). It writes factorial.csv and factorial.json.
suppressMessages(library(FactoMineR))
suppressMessages(library(jsonlite))
set.seed(20)
n <- 240
kind <- sample(1:3, n, replace = TRUE, prob = c(.5, .3, .2))
level <- c(-1.2, 0.2, 1.4)[kind]
yes <- function(easy) factor(ifelse(runif(n) < plogis(1.5 * level + easy), "yes", "no"))
said <- data.frame(erp = yes(0.5), crm = yes(0), cloud = yes(1), training = yes(-0.3), security = yes(0.2))
said$ai <- factor(c("none", "test", "daily")[pmin(3, 1 + (runif(n) < plogis(level)) + (runif(n) < plogis(level - 3)))])
said$size <- factor(sample(c("micro", "pme", "eti"), n, replace = TRUE, prob = c(.3, .5, .2)))
said$score <- round(50 + 15 * level + rnorm(n, sd = 10), 1)
said$staff <- round(exp(3 + level / 2 + rnorm(n, sd = .6)))
weight <- round(runif(n, .4, 2.5), 2)
weight <- weight / mean(weight)
write.csv(cbind(said, weight = weight), "factorial.csv", row.names = FALSE, quote = FALSE)

active <- said[, 1:6]
keep <- function(m, axes = 2) list(
  eigenvalues = unname(m$eig[, 1]), shares = unname(m$eig[, 2]), rows = unname(m$ind$coord[1:5, 1:axes]))
by_name <- function(table, axes = 2) { part <- table[, 1:axes]; split(part, rownames(part)) }

weighted <- MCA(active, ncp = 3, graph = FALSE, row.w = weight)
supplementary <- MCA(said[, 1:8], ncp = 3, graph = FALSE, row.w = weight, quali.sup = 7, quanti.sup = 8)
rare <- which(weighted$call$marge.col * 6 < .12)
specific <- MCA(active, ncp = 3, graph = FALSE, row.w = weight, excl = unname(rare))
holes <- active
holes$erp[c(1, 5, 9, 30)] <- NA
holes$ai[c(2, 5, 77)] <- NA
levels(holes$erp) <- c("no", "yes"); table_holes <- holes
for (q in c("erp", "ai")) { levels(table_holes[[q]]) <- c(levels(table_holes[[q]]), "missing")
  table_holes[[q]][is.na(table_holes[[q]])] <- "missing" }
columns <- unlist(lapply(names(table_holes), function(q) paste(q, levels(table_holes[[q]]))))
missing <- MCA(table_holes, ncp = 3, graph = FALSE, row.w = weight, excl = grep("missing", columns))
mixed <- FAMD(said[, c(1:6, 8, 9)], ncp = 3, graph = FALSE, row.w = weight)

plain <- MCA(active, ncp = 3, graph = FALSE)
tree <- HCPC(weighted, nb.clust = 3, consol = FALSE, graph = FALSE)
groups <- HCPC(plain, nb.clust = 3, consol = TRUE, graph = FALSE)
suggested <- HCPC(plain, nb.clust = -1, consol = TRUE, graph = FALSE)
partition <- as.integer(factor(kind))
described <- catdes(cbind(said, profile = factor(kind)), 10, proba = 1, row.w = weight)
as_rows <- function(parts) lapply(parts, function(part) { part <- as.data.frame(part); part$name <- rownames(part); part })

out <- list(
  weighted = c(keep(weighted), list(categories = by_name(weighted$var$coord), contributions = by_name(weighted$var$contrib),
                                    tests = by_name(weighted$var$v.test))),
  supplementary = list(categories = by_name(supplementary$quali.sup$coord), tests = by_name(supplementary$quali.sup$v.test),
                       score = unname(supplementary$quanti.sup$coord[1, 1:2])),
  specific = c(keep(specific), list(excluded = names(rare), threshold = .12)),
  missing = keep(missing),
  mixed = keep(mixed),
  tree = list(losses = tree$call$t$inert.gain[1:10], sizes = as.integer(table(tree$data.clust$clust)),
              clusters = as.integer(tree$data.clust$clust)),
  groups = list(losses = groups$call$t$inert.gain[1:10], clusters = as.integer(groups$data.clust$clust)),
  suggested = nlevels(suggested$data.clust$clust),
  partition = partition,
  categories = as_rows(described$category),
  numbers = as_rows(described$quanti)
)
write(toJSON(out, digits = 12, auto_unbox = TRUE, pretty = TRUE), "factorial.json")
