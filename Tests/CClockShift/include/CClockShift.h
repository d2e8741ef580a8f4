/* Nothing is called: see clock.c. */
