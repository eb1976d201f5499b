# Joins the second file with the first, which is held, on their first columns.
BEGIN { FS = OFS = "\t" }
NR == FNR { held[$1] = substr($0, length($1) + 2); next }
$1 in held { print $0, held[$1] }
