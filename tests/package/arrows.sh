#!/bin/sh
# arrows.sh SOURCE: whether every #include goes to a room below its own, or stays in its room. Rooms of one rank do not know each
# other. The public headers in core/ belong to the rooms that hold what they declare; its other files stand on all rooms.
cd "$1" || exit 1
grep -rn --include='*.hpp' --include='*.cpp' '#include <xgrad/' core ops optim models mpi examples | awk -F'[:<>]' '
    BEGIN {
        split("base group simd kernels graph derivative|program compiler|draw control core ops optim models datasets|mpi examples", rooms, " ")
        for (i in rooms) { n = split(rooms[i], one, "|"); for (k = 1; k <= n; ++k) rank[one[k]] = i + 0 }
        split("array error shape threads value version:base|group:group|op options step structural var:graph|" \
              "custom gradient jacobian sparse vmap:derivative|program profile:program|control:control", porch, "|")
        for (i in porch) { split(porch[i], p, ":"); n = split(p[1], names, " ")
                           for (k = 1; k <= n; ++k) room_of["core/" names[k] ".hpp"] = p[2] }
    }
    function room(file, part) {
        sub(/^examples\/datasets/, "datasets", file)
        if (file in room_of) return room_of[file]
        split(file, part, "/")
        return part[1] != "core" ? part[1] : part[2] ~ /[.]/ ? "core" : part[2]
    }
    {
        to = $4; sub(/^xgrad\//, "", to)
        a = room($1); b = to == "xgrad.hpp" ? "models" : room(to)
        if (!(a in rank) || !(b in rank)) { print $1 ":" $2 ": no rank is given to " a " or " b; bad = 1 }
        else if (a != b && rank[a] <= rank[b]) { print $1 ":" $2 ": " a " includes " to ", of " b; bad = 1 }
    }
    END { exit bad }'
