//! `invoke --serve`: boto3 and curl, as against Lambda.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use super::python;
use crate::harness::common::{Place, Ran, must, run, until};
use crate::harness::helpers;
use crate::harness::support::stand_in;

/// A function that is served.
pub struct Served {
    pub place: Place,
    pub child: Child,
    pub url: String,
    log: Arc<Mutex<String>>,
}

impl Served {
    pub fn start(code: &str, options: &str) -> Self {
        Self::of(python(code), &format!("hello {options}"))
    }

    pub fn of(place: Place, arguments: &str) -> Self {
        Self::at(place, "127.0.0.1:0", arguments)
    }

    pub fn at(place: Place, address: &str, arguments: &str) -> Self {
        let mut command = place.tool(&format!("invoke --serve {address} {arguments}"));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("serving ")).expect("an address");
        let url =
            line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().trim_end_matches(';');
        let url = url.to_owned();
        // What the function logs has to go somewhere.
        let log = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || lines.for_each(|line| *kept.lock().unwrap() += &format!("{line}\n")));
        Self { place, child, url, log }
    }

    /// What was logged until now.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Runs a program of Python with a client of boto3 called `client`.
    pub fn boto3(&self, program: &str) -> String {
        let program = format!(
            "import boto3, json, base64\nfrom botocore.config import Config\n\
             client = boto3.client('lambda', endpoint_url='{}', region_name='us-east-1', aws_access_key_id='a',\n\
             \x20   aws_secret_access_key='b', config=Config(retries={{'max_attempts': 1}}, max_pool_connections=20))\n{program}",
            self.url
        );
        must(helpers::program("python3", "bash .ci/install").args(["-c", &program])).stdout
    }

    pub fn curl(&self, arguments: &[&str]) -> Ran {
        run(self.place.program("curl").args(["-sS", "--max-time", "60"]).args(arguments))
    }
}

impl Served {
    /// Interrupts it, and waits for its end.
    pub fn end(&mut self) {
        must(std::process::Command::new("kill").args(["-INT", &self.child.id().to_string()]));
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ECHO: &str = "print('begun')\ndef handler(event, context):\n    print('a line')\n    if event.get('fail'): raise ValueError('no')\n\
                    \x20   return [event, (context.client_context.custom if context.client_context else None)]\n";

#[test]
fn boto3_invokes_unchanged() {
    let served = Served::start(ECHO, "");
    let said = served.boto3(
        "r = client.invoke(FunctionName='any', Payload=b'{\"a\": 1}', LogType='Tail',\n\
         \x20   ClientContext=base64.b64encode(b'{\"custom\": {\"k\": \"v\"}}').decode())\n\
         log = base64.b64decode(r['LogResult']).decode()\n\
         print(r['StatusCode'], r['ExecutedVersion'], r.get('FunctionError'), r['Payload'].read().decode(), 'a line' in log, 'begun\\nSTART' in log and 'REPORT' in log)\n\
         logs = [client.invoke(FunctionName='any', Payload=b'{}', LogType='Tail')['LogResult'] for _ in range(100)]\n\
         print(sum('a line' in base64.b64decode(log).decode() for log in logs))\n\
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
    let expected = "200 $LATEST None [{\"a\": 1}, {\"k\": \"v\"}] True True\n100\n\
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
    let page = ["-d", "{}", "-H", "Origin: http://page.example", "URL/2015-03-31/functions/f/invocations"];
    assert_eq!(status(&page), "403");
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

#[test]
fn all_functions_are_served_by_name_and_nothing_is_left_after_an_interrupt() {
    let place = python("def handler(event, context):\n    return 'hello'\n");
    place.write("other/app.py", "import time\ndef handler(event, context):\n    time.sleep(event.get('sleep', 0))\n    return context.function_name\n");
    let settings = std::fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    let other = settings.replace("[functions.hello]", "[functions.other]").replace("\"fn\"", "\"other\"");
    place.write("lambda-img.toml", format!("{settings}{other}"));
    let ran = place.run("invoke --serve 127.0.0.1:0 --function-name x");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let marker = format!("SERVED={}", std::process::id());
    let mut served = Served::of(place, &format!("--function-timeout 900 --set-env {marker}"));
    let said = served.boto3(
        "for name in ['hello', 'other', 'arn:aws:lambda:us-east-1:123456789012:function:other:$LATEST']:\n\
         \x20   print(client.invoke(FunctionName=name)['Payload'].read().decode())\n\
         try: client.invoke(FunctionName='third')\n\
         except client.exceptions.ResourceNotFoundException as error: print(error.response['Error']['Message'])\n",
    );
    assert_eq!(said, "\"hello\"\n\"other\"\n\"other\"\nFunction not found: third\n");
    // One is at work, the others wait.
    let url = format!("{}/2015-03-31/functions/other/invocations", served.url);
    let event = ["-d", "{\"sleep\": 800}", "-H", "X-Amz-Invocation-Type: Event", &url];
    assert_eq!(served.curl(&event).code, Some(0));
    let marked = || processes_with(&marker);
    assert!(marked() >= 2);
    served.end();
    until("all processes are gone", || marked() == 0);
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains("/roots/"), "{mounts}");
}

#[test]
fn events_that_are_not_waited_for_are_queued() {
    let code = "import time\nevents = 0\ndef handler(event, context):\n    global events\n    time.sleep(event.get('sleep', 0))\n\
                \x20   events += 'sleep' in event\n    return events\n";
    let served = Served::start(code, "--concurrency 1");
    let said = served.boto3(
        "for _ in range(3): print(client.invoke(FunctionName='f', InvocationType='Event', Payload=b'{\"sleep\": 0.3}')['StatusCode'])\n\
         events = 0\n\
         for _ in range(2000):\n\
         \x20   try: events = json.load(client.invoke(FunctionName='f')['Payload'])\n\
         \x20   except client.exceptions.TooManyRequestsException: pass\n\
         \x20   if events == 3: break\n\
         print(events)\n",
    );
    assert_eq!(said, "202\n202\n202\n3\n");
}

#[test]
fn a_function_url_turns_requests_into_events_and_answers_into_responses() {
    let code = "import base64\ndef handler(event, context):\n    http = event['requestContext']['http']\n\
                \x20   if event['rawPath'] == '/plain': return 'Hello'\n    if event['rawPath'] == '/fail': raise ValueError('no')\n\
                \x20   body = event.get('body', '')\n    if event['isBase64Encoded']: body = base64.b64decode(body).hex()\n\
                \x20   text = ' '.join([http['method'], event['rawPath'], event['rawQueryString'], body, *event.get('cookies', [])])\n\
                \x20   return {'statusCode': 201, 'headers': {'X-Seen': event['headers']['x-sent']}, 'cookies': ['a=1', 'b=2'],\n\
                \x20           'body': base64.b64encode(text.encode()).decode(), 'isBase64Encoded': True}\n";
    let served = Served::start(code, "--url");
    let curl = |arguments: &[&str], path: &str| {
        served.curl(&[&["-i"][..], arguments, &[&format!("{}{path}", served.url)]].concat()).stdout
    };
    let all =
        curl(&["-d", "x=1", "-H", "Content-Type: text/plain", "-H", "X-Sent: s", "-b", "c=3"], "/p?q=1&q=2");
    assert!(
        all.starts_with("HTTP/1.1 201 \r\n") && all.ends_with("\r\n\r\nPOST /p q=1&q=2 x=1 c=3"),
        "{all}"
    );
    for header in ["X-Seen: s\r\n", "Set-Cookie: a=1\r\n", "Set-Cookie: b=2\r\n"] {
        assert!(all.contains(header), "{all}");
    }
    let binary = curl(&["-d", "x", "-H", "Content-Type: image/png", "-H", "X-Sent: s", "-X", "PUT"], "/");
    assert!(binary.ends_with("PUT /  78"), "{binary}");
    let plain = curl(&[], "/plain");
    assert!(plain.contains("Content-Type: application/json\r\n") && plain.ends_with("\"Hello\""), "{plain}");
    assert!(curl(&[], "/fail").starts_with("HTTP/1.1 502 "));
}

/// The client of Node.js, which streams.
#[test]
fn a_streamed_answer_of_node_arrives_in_pieces_and_through_a_function_url() {
    let place = Place::new();
    let code = "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n\
                \x20 stream = awslambda.HttpResponseStream.from(stream, {statusCode: 418, headers: {'x-a': 'b'}});\n\
                \x20 stream.write('one '); stream.write('two'); stream.end();\n});\n\
                exports.plain = async (event, context) => ({event, name: context.functionName});\n";
    place.write("fn/index.js", code);
    let base = stand_in("nodejs22.x");
    let function = |name: &str, handler: &str| {
        format!(
            "[functions.{name}]\nruntime = \"nodejs22.x\"\nhandler = \"index.{handler}\"\npath = \"fn\"\nbase = \"oci:{}:base\"\n",
            base.display()
        )
    };
    place.write("lambda-img.toml", function("hello", "handler") + &function("plain", "plain"));
    let ran = place.run("invoke plain --event {\"a\":1} --function-timeout 30 --memory 512");
    assert_eq!(ran.stdout, "{\"event\":{\"a\":1},\"name\":\"plain\"}\n", "{}", ran.stderr);
    let mut served = Served::of(place, "hello --function-timeout 30 --memory 512");
    let said = served.boto3(
        "answer = client.invoke_with_response_stream(FunctionName='f')['EventStream']\n\
         pieces = [event['PayloadChunk']['Payload'] for event in answer if 'PayloadChunk' in event]\n\
         head, body = b''.join(pieces).split(bytes(8))\n\
         print(json.loads(head)['statusCode'], body.decode())\n",
    );
    assert_eq!(said, "418 one two\n");
    let place = std::mem::replace(&mut served.place, Place::new());
    let served = Served::of(place, "hello --function-timeout 30 --memory 512 --url");
    let all = served.curl(&["-i", &served.url]).stdout;
    assert!(
        all.starts_with("HTTP/1.1 418 \r\n")
            && all.contains("x-a: b\r\n")
            && all.ends_with("\r\n\r\none two"),
        "{all}"
    );
}

/// Processes whose environment contains this.
pub fn processes_with(marker: &str) -> usize {
    let environments =
        std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("environ"));
    environments
        .filter(|path| std::fs::read(path).is_ok_and(|text| String::from_utf8_lossy(&text).contains(marker)))
        .count()
}
