namespace Orders.Api;

public class Function
{
    public string FunctionHandler(string input, ILambdaContext context) => input;
}
