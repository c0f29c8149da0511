package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import org.apache.commons.cli.Options;

public class App implements RequestHandler<String, String> {
    @Override
    public String handleRequest(String input, Context context) {
        return input + new Options();
    }
}
