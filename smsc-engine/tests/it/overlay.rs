//! Lists of the file with changes over them, in a real database file.
