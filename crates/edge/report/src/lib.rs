//! The event schema, and what people and programs read: tables and JSON
