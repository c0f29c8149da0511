package example;

import com.example.words.Greeter;
import java.util.Map;

/** A plain method that Lambda calls by reflection: no interface of AWS is needed. */
public class Handler {
    public Map<String, String> handleRequest(Map<String, String> event) {
        return Map.of("greeting", Greeter.greet(event.getOrDefault("name", "world")));
    }
}
