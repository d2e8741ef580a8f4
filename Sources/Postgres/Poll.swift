import Glibc

enum Wake { case ready, deadline, interrupted }

/// poll(2) until the descriptor is ready, the deadline has passed, or somebody interrupts.
func poll(
    _ descriptor: Int32, for events: Int32, until deadline: ContinuousClock.Instant, interrupt: Interrupt?
) -> Wake {
    var watched = [
        pollfd(fd: descriptor, events: Int16(events), revents: 0),
        pollfd(fd: interrupt?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    while true {
        let left = (deadline - .now).wholeMilliseconds
        let ready = Glibc.poll(&watched, 2, left)
        if ready > 0 { return watched[1].revents != 0 ? .interrupted : .ready }
        if ready == 0, left == 0 { return .deadline }
        if ready < 0, errno != EINTR { return .ready }  // libpq meets the same fault and reports it
    }
}
