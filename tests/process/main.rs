//! The program as a process: started, stopped and killed, over HTTP on loopback, on both databases.

mod command_line;
mod support;
mod survival;
