package example;

import com.amazonaws.services.lambda.runtime.Context;
import org.apache.commons.cli.Options;

public class Orders {
    public String take(String order, Context context) {
        return order + new Options();
    }
}
