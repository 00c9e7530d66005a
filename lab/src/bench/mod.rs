//! Experiments of the page: each a module here and one in `page/bench/`, and a row of a table.
