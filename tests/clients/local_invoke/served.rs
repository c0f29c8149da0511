//! `invoke --serve`: boto3 and curl, as against Lambda.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::python;
use crate::harness::common::{Place, Ran, must, run};
use crate::harness::helpers;

/// A function that is served.
struct Served {
    place: Place,
    child: Child,
    url: String,
}

impl Served {
    fn start(code: &str, options: &str) -> Self {
        let place = python(code);
        let mut command = place.tool(&format!("invoke hello --serve 127.0.0.1:0 {options}"));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("serving ")).expect("an address");
        let url =
            line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().trim_end_matches(';');
        let url = url.to_owned();
        // What the function logs has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        Self { place, child, url }
    }

    /// Runs a program of Python with a client of boto3 called `client`.
    fn boto3(&self, program: &str) -> String {
        let program = format!(
            "import boto3, json, base64\nfrom botocore.config import Config\n\
             client = boto3.client('lambda', endpoint_url='{}', region_name='us-east-1', aws_access_key_id='a',\n\
             \x20   aws_secret_access_key='b', config=Config(retries={{'max_attempts': 1}}, max_pool_connections=20))\n{program}",
            self.url
        );
        must(helpers::program("python3", "bash .ci/install").args(["-c", &program])).stdout
    }

    fn curl(&self, arguments: &[&str]) -> Ran {
        run(self.place.program("curl").args(["-sS", "--max-time", "60"]).args(arguments))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ECHO: &str = "def handler(event, context):\n    print('a line')\n    if event.get('fail'): raise ValueError('no')\n\
                    \x20   return [event, (context.client_context.custom if context.client_context else None)]\n";

#[test]
fn boto3_invokes_unchanged() {
    let served = Served::start(ECHO, "");
    let said = served.boto3(
        "r = client.invoke(FunctionName='any', Payload=b'{\"a\": 1}', LogType='Tail',\n\
         \x20   ClientContext=base64.b64encode(b'{\"custom\": {\"k\": \"v\"}}').decode())\n\
         log = base64.b64decode(r['LogResult']).decode()\n\
         print(r['StatusCode'], r['ExecutedVersion'], r.get('FunctionError'), r['Payload'].read().decode(), 'a line' in log, 'REPORT' in log)\n\
         r = client.invoke(FunctionName='any', Payload=b'{\"fail\": true}')\n\
         print(r['StatusCode'], r['FunctionError'], json.load(r['Payload'])['errorType'])\n\
         print(client.invoke(FunctionName='any', InvocationType='DryRun')['StatusCode'])\n\
         print(client.invoke(FunctionName='any', InvocationType='Event', Payload=b'{}')['StatusCode'])\n\
         for payload in [b'{bad', b'[' + b'1,' * (3 << 20) + b'1]']:\n\
         \x20   try: client.invoke(FunctionName='any', Payload=payload)\n\
         \x20   except Exception as error: print(type(error).__name__)\n\
         for event in client.invoke_with_response_stream(FunctionName='any', Payload=b'{\"a\": 2}')['EventStream']:\n\
         \x20   print(json.dumps({k: (v.get('Payload', b'').decode() or v) for k, v in event.items()}))\n\
         for event in client.invoke_with_response_stream(FunctionName='any', Payload=b'{\"fail\": 1}')['EventStream']:\n\
         \x20   print(sorted(event), event['InvokeComplete']['ErrorCode'])\n",
    );
    let expected = "200 $LATEST None [{\"a\": 1}, {\"k\": \"v\"}] True True\n\
                    200 Unhandled ValueError\n204\n202\nInvalidRequestContentException\nRequestTooLargeException\n\
                    {\"PayloadChunk\": \"[{\\\"a\\\": 2}, null]\"}\n{\"InvokeComplete\": {}}\n\
                    ['InvokeComplete'] Runtime.Unknown\n";
    assert_eq!(said, expected);
}

#[test]
fn many_callers_are_answered_each_by_its_own_event_and_those_beyond_the_concurrency_are_throttled() {
    let code = "import time\ndef handler(event, context):\n    time.sleep(event.get('sleep', 0))\n    return event['n']\n";
    let served = Served::start(code, "--concurrency 2 --function-timeout 30");
    let said = served.boto3(
        "from concurrent.futures import ThreadPoolExecutor\n\
         def one(n):\n\
         \x20   return json.load(client.invoke(FunctionName='any', Payload=json.dumps({'n': n}).encode())['Payload'])\n\
         with ThreadPoolExecutor(2) as executor: print(list(executor.map(one, range(100))) == list(range(100)))\n\
         def slow(n):\n\
         \x20   try: return client.invoke(FunctionName='any', Payload=json.dumps({'n': n, 'sleep': 3}).encode())['StatusCode']\n\
         \x20   except client.exceptions.TooManyRequestsException as error: return error.response['ResponseMetadata']['HTTPStatusCode']\n\
         with ThreadPoolExecutor(6) as executor: print(sorted(executor.map(slow, range(6))))\n",
    );
    assert_eq!(said, "True\n[200, 200, 429, 429, 429, 429]\n");
}

#[test]
fn what_is_not_lambdas_interface_is_refused() {
    let served = Served::start(ECHO, "");
    let status = |arguments: &[&str]| {
        let url = arguments.iter().map(|one| one.replace("URL", &served.url)).collect::<Vec<_>>();
        let arguments: Vec<_> = ["-o", "/dev/null", "-w", "%{http_code}"]
            .into_iter()
            .chain(url.iter().map(|one| &**one))
            .collect();
        served.curl(&arguments).stdout
    };
    assert_eq!(status(&["URL/"]), "404");
    assert_eq!(status(&["URL/2015-03-31/functions/f/invocations"]), "405");
    assert_eq!(status(&["-d", "{}", "URL/2015-03-31/functions/f/invocations"]), "200");
    assert_eq!(
        status(&["-d", "{}", "-H", "Expect: 100-continue", "URL/2015-03-31/functions/f/invocations"]),
        "200"
    );
    assert_eq!(
        status(&["-d", "{}", "-H", "Transfer-Encoding: chunked", "URL/2015-03-31/functions/f/invocations"]),
        "200"
    );
    assert_eq!(
        status(&["-d", "{}", "-H", "X-Amz-Invocation-Type: Other", "URL/2015-03-31/functions/f/invocations"]),
        "400"
    );
    assert_eq!(
        status(&["-d", "{}", "-H", "X-Amz-Client-Context: ***", "URL/2015-03-31/functions/f/invocations"]),
        "400"
    );
}
