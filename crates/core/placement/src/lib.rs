//! Filter, score, reserve and explain: which node runs which pod
