# Stability by bootstrap: what fpc prints for k-means on generated scores.
# Run in this folder: Rscript clusterboot.R   (fpc 2.2-10, R 4.2). It writes clusterboot.csv and clusterboot.json.
suppressMessages(library(fpc))
suppressMessages(library(jsonlite))
set.seed(5)
n <- 400
kind <- sample(1:4, n, replace = TRUE, prob = c(.35, .3, .2, .15))
centre <- rbind(c(20, 25, 30), c(45, 40, 38), c(52, 55, 45), c(85, 80, 75))
scores <- as.data.frame(round(centre[kind, ] + matrix(rnorm(3 * n, sd = 11), n), 1))
names(scores) <- c("strategy", "data", "automation")
write.csv(scores, "clusterboot.csv", row.names = FALSE)
standard <- scale(scores) * sqrt(n / (n - 1))
sink("/dev/null")
found <- clusterboot(standard, B = 1000, bootmethod = "boot", clustermethod = kmeansCBI, krange = 4, runs = 10, count = FALSE)
sink()
set.seed(6)
best <- kmeans(standard, 4, nstart = 100)
out <- list(jaccard = found$bootmean, error = apply(found$bootresult, 1, sd), sizes = as.integer(table(found$partition)),
            labels = found$partition, inertia = best$tot.withinss)
write(toJSON(out, digits = 10, auto_unbox = TRUE), "clusterboot.json")

# The gap statistic of the same scores, of squared distances.
suppressMessages(library(cluster))
set.seed(7)
gap <- clusGap(standard, kmeans, K.max = 6, B = 300, d.power = 2, spaceH0 = "scaledPCA", verbose = FALSE, nstart = 20)
write(toJSON(list(gap = gap$Tab[, "gap"], error = gap$Tab[, "SE.sim"], chosen = maxSE(gap$Tab[, "gap"], gap$Tab[, "SE.sim"],
      method = "Tibs2001SEmax")), digits = 10, auto_unbox = TRUE), "gap.json")
