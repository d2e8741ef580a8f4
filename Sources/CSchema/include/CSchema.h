// The files under sql/, embedded in the order in which they are applied.
#pragma once
#include <stddef.h>

struct secondline_sql_file {
    const char *path;  // below sql/
    const char *text;  // UTF-8, with a terminating NUL
};

// Swift cannot see an array of unknown length: an index below the count.
struct secondline_sql_file secondline_sql_file_at(size_t index);
extern const size_t secondline_sql_file_count;
