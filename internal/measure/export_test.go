package measure

// Literal lets tests compare expressions.
type Literal = literal
