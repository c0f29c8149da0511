//! Several events at once in one environment, as on Lambda Managed Instances.

use super::python;
use super::served::Served;
use crate::harness::common::{Place, run, until};

const OPTIONS: &str = "--memory 1024 --function-timeout";

/// Workers of our own, which say what they are answered.
fn workers() -> Place {
    let place = python("");
    place.write("fn/workers.py", include_str!("workers.py"));
    place
}

const ENTRYPOINT: &str = r#"--entrypoint ["/var/lang/bin/python3","/var/task/workers.py"]"#;

/// AWS's own client for Python, which starts a process for each.
#[test]
fn a_runtime_client_answers_several_events_at_once() {
    let place = python(
        "import os, time\ndef handler(event, context):\n    open(f'/tmp/{os.getpid()}', 'w').close()\n\
         \x20   while len([name for name in os.listdir('/tmp') if name.isdigit()]) < 3: time.sleep(0.01)\n\
         \x20   return [os.environ[name] for name in ['AWS_LAMBDA_MAX_CONCURRENCY', 'AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_FORMAT']]\n",
    );
    // Each waits for the others: they are answered at once, or not at all.
    let ran =
        run(&mut place.tool(&format!("invoke hello --environment-concurrency 3 --count 3 {OPTIONS} 100")));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let answer = "[\"3\", \"lambda-managed-instances\", \"JSON\"]\n";
    assert_eq!(ran.stdout, answer.repeat(3), "{ran:?}");
    let lines = |begin: &str| ran.stderr.lines().filter(|line| line.starts_with(begin)).count();
    assert_eq!((lines("INIT_REPORT "), lines("START "), lines("REPORT ")), (1, 3, 3), "{}", ran.stderr);
}

/// Asks, and asks again where a worker is not ready.
const ASK: &str = "from concurrent.futures import ThreadPoolExecutor\n\
    def ask(event):\n\
    \x20   try: return json.load(client.invoke(FunctionName='f', Payload=json.dumps(event).encode())['Payload'])\n\
    \x20   except client.exceptions.TooManyRequestsException: return 'throttled'\n\
    def patient(event):\n\
    \x20   while (answer := ask(event)) == 'throttled': pass\n\
    \x20   return answer\n\
    executor = ThreadPoolExecutor(2)\n";

#[test]
fn an_event_that_takes_too_long_fails_alone_and_its_answer_comes_too_late() {
    let served =
        Served::at(workers(), "0", &format!("hello {ENTRYPOINT} --environment-concurrency 2 {OPTIONS} 2"));
    let said = served.boto3(&format!(
        "{ASK}slow = executor.submit(patient, {{'make': 'begun', 'wait': 'late'}})\n\
         others = [patient({{'wait': 'begun', 'n': n}}) for n in range(20)]\n\
         print([other['event']['n'] for other in others] == list(range(20)), len({{other['worker'] for other in others}}))\n\
         print(slow.result()['errorType'], patient({{'fail': 'no'}})['errorMessage'])\n\
         # The worker of the first event is still at it; with the file, it answers.\n\
         print(patient({{'make': 'late'}})['event'])\n\
         print({{patient({{}})['process'] for _ in range(5)}} == {{others[0]['process']}})\n"
    ));
    assert_eq!(said, "True 1\nSandbox.Timedout no\n{'make': 'late'}\nTrue\n");
    until("the late answer is refused", || served.log().contains("answer 410\n"));
    let log = served.log();
    assert!(log.contains("unknown 400\n") && log.contains("\tStatus: timeout\n"), "{log}");
}

#[test]
fn more_events_than_workers_are_throttled() {
    let served =
        Served::at(workers(), "0", &format!("hello {ENTRYPOINT} --environment-concurrency 2 {OPTIONS} 2"));
    let said = served.boto3(&format!(
        "{ASK}waiting = [executor.submit(patient, {{'wait': 'never'}}) for _ in range(2)]\n\
         while ask({{}}) != 'throttled': pass\n\
         # Workers that go on after the time of their events take no other ones.\n\
         print([one.result()['errorType'] for one in waiting], ask({{}}))\n"
    ));
    assert_eq!(said, "['Sandbox.Timedout', 'Sandbox.Timedout'] throttled\n");
}

#[test]
fn the_end_of_a_program_ends_all_events_and_the_next_one_begins_anew() {
    let served =
        Served::at(workers(), "0", &format!("hello {ENTRYPOINT} --environment-concurrency 2 {OPTIONS} 60"));
    let said = served.boto3(&format!(
        "{ASK}waiting = executor.submit(patient, {{'make': 'begun', 'wait': 'never'}})\n\
         print(patient({{'wait': 'begun', 'exit': 4}})['errorMessage'].split(' Error: ')[1])\n\
         print(waiting.result()['errorType'], 'event' in patient({{}}))\n"
    ));
    assert_eq!(said, "Runtime exited with error: exit status 4\nRuntime.ExitError True\n");
    assert_eq!(served.log().matches("INIT_REPORT ").count(), 2, "{}", served.log());
}

#[test]
fn extensions_hear_of_the_end_alone() {
    let place = workers();
    let extension = "#!/var/lang/bin/python3\nimport http.client, os, time\n\
        def register(events):\n\
        \x20   connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n\
        \x20   connection.request('POST', '/2020-01-01/extension/register', events, {'Lambda-Extension-Name': 'listener'})\n\
        \x20   response = connection.getresponse()\n    body = response.read().decode()\n\
        \x20   return response, body\n\
        response, body = register('{\"events\": [\"INVOKE\"]}')\nprint(response.status, 'Extension.InvalidEventType' in body, flush=True)\n\
        response, body = register('{\"events\": [\"SHUTDOWN\"]}')\nprint('then', response.status, 'AWS_LAMBDA_MAX_CONCURRENCY' in os.environ, flush=True)\n\
        connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n\
        connection.request('GET', '/2020-01-01/extension/event/next', headers={'Lambda-Extension-Identifier': response.getheader('Lambda-Extension-Identifier')})\n\
        print('told', 'SHUTDOWN' in connection.getresponse().read().decode(), flush=True)\n";
    place.script("listener", extension);
    let ran = run(&mut place.tool(&format!(
        "invoke hello {ENTRYPOINT} --extension listener --environment-concurrency 2 {OPTIONS} 100"
    )));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for line in ["403 True", "then 200 False", "told True"] {
        assert!(ran.stderr.lines().any(|one| one == line), "{line}: {}", ran.stderr);
    }
}
