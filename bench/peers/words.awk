# Counts words. CR is no blank to awk.
{
  gsub(/\r/, " ")
  for (i = 1; i <= NF; i++) counts[$i]++
}
END {
  for (word in counts) print word "\t" counts[word]
}
