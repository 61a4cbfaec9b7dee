//! The node runtime: software enclaves in a paged pool of encrypted memory
