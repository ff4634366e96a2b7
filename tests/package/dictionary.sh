#!/bin/sh
# dictionary.sh README: prints the last column of the table "Coming from PyTorch, JAX, NumPy" as C++, a block for each row.
awk -F ' *[|] *' -v file="$1" '
    /^## / { on = /^## Coming from/ }
    on && /^[|]/ && !/^[|](-| PyTorch )/ {
        code = $(NF - 1)
        if (code !~ /^`.*`$/) { print "#error " file ":" NR ": the last column is no code"; next }
        gsub(/`/, "", code)
        print "#line " NR " \"" file "\"\n{ " code "; }"
        ++rows
    }
    END { if (rows < 40) print "#error the table has " rows + 0 " rows" }' "$1"
