import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** A runtime with the HTTP client of the JDK, which asks each server whether it speaks HTTP/2. */
class Loop {
    static final String API = "http://" + System.getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    static void post(String id, String what, String header, String value, BodyPublisher body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(API + id + "/" + what)).header(header, value).POST(body).build();
        var answer = CLIENT.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 202) throw new IllegalStateException(answer.statusCode() + " " + answer.body());
    }

    public static void main(String[] arguments) throws Exception {
        while (true) {
            var next = HttpRequest.newBuilder(URI.create(API + "next")).build();
            var event = CLIENT.send(next, BodyHandlers.ofString());
            var id = event.headers().firstValue("Lambda-Runtime-Aws-Request-Id").orElseThrow();
            var text = event.body();
            if (text.contains("fail")) {
                var failure = "{\"errorMessage\":\"no\",\"errorType\":\"java.lang.IllegalArgumentException\"}";
                post(id, "error", "Lambda-Runtime-Function-Error-Type", "Function.Refused", BodyPublishers.ofString(failure));
            } else if (text.contains("stream")) {
                // Its length is not known: it is sent in chunks.
                var body = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream("one piece".repeat(20_000).getBytes()));
                post(id, "response", "Lambda-Runtime-Function-Response-Mode", "streaming", body);
            } else {
                var answer = "{\"seen\":" + text + ",\"java\":" + Runtime.version().feature() + "}";
                post(id, "response", "Content-Type", "application/json", BodyPublishers.ofString(answer));
            }
        }
    }
}
