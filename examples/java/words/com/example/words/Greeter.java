package com.example.words;

/** The dependency: packed as a jar of its own, into lib/. */
public final class Greeter {
    private Greeter() {}

    public static String greet(String name) {
        return "Hello, " + name + "!";
    }
}
