#!/bin/sh
# A coprocess in the shell: reads names of files, one a line, and answers with the checksum of each.
# A file that cannot be read has an answer too: without one its task would wait until the timeout.
while IFS= read -r file; do
    if sum=$(cksum 2>/dev/null <"$file"); then
        printf '%s %s\n' "$sum" "$file"
    else
        printf 'unreadable %s\n' "$file"
    fi
done
