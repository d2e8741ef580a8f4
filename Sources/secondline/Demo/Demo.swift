/// A small department whose people are simulated, for people who want to see the daemon at work.
///
/// It does what a CRM does: it calls the public functions and reads the tables. Nothing here is part of the daemon.
enum Demo {}
