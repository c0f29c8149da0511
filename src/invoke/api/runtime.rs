//! The Runtime API, version 2018-06-01 (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use std::io::BufRead;

use super::answered::{accepted, answer, error, not_found, reported};
use super::exchange::{Exchange, RuntimeState};
use super::said::{Offer, Said};
use crate::invoke::http::{Body, Request, Response};

/// `GET …/invocation/next`: waits for an event.
pub fn next(exchange: &Exchange) -> Option<Response> {
    match exchange.is_concurrent() {
        true => next_of_worker(exchange),
        false => next_alone(exchange),
    }
}

/// Each worker of a runtime that gets several events at once asks for one of its own.
fn next_of_worker(exchange: &Exchange) -> Option<Response> {
    {
        let mut state = exchange.lock();
        let workers = state.workers.as_mut()?;
        if !workers.ask() {
            let message = "more workers ask for an event than AWS_LAMBDA_MAX_CONCURRENCY says";
            return Some(error(500, "InternalServerError", message));
        }
    }
    exchange.say(Said::RuntimeReady);
    let offer = exchange.wait(|state| state.workers.as_mut()?.take())?;
    exchange.say(Said::about(&offer.request_id, Said::Taken));
    Some(event(offer))
}

fn next_alone(exchange: &Exchange) -> Option<Response> {
    {
        let mut state = exchange.lock();
        match &state.runtime {
            // As the emulator has it: who asks again gets the same.
            RuntimeState::Busy(offer) => return Some(event(offer.clone())),
            RuntimeState::Answering(_) | RuntimeState::Failed | RuntimeState::Snapshot => {
                return Some(invalid_state("next", &state.runtime));
            }
            RuntimeState::Starting | RuntimeState::Waiting | RuntimeState::Answered => {
                state.runtime = RuntimeState::Waiting;
            }
        }
    }
    exchange.say(Said::RuntimeReady);
    let offer = exchange.wait(|state| {
        let offer = state.offered.take()?;
        state.last = Some(offer.request_id.clone());
        state.runtime = RuntimeState::Busy(offer.clone());
        Some(offer)
    })?;
    Some(event(offer))
}

/// What a runtime is given of an event.
pub fn event(offer: Offer) -> Response {
    let mut response = Response::new(200, offer.payload)
        .with("Content-Type", offer.content_type)
        .with("Lambda-Runtime-Aws-Request-Id", offer.request_id)
        .with("Lambda-Runtime-Invocation-Id", offer.invocation_id)
        .with("Lambda-Runtime-Deadline-Ms", offer.deadline.to_string())
        .with("Lambda-Runtime-Invoked-Function-Arn", offer.arn)
        .with("Lambda-Runtime-Trace-Id", offer.trace_id);
    for (name, value) in [
        ("Lambda-Runtime-Client-Context", offer.client_context),
        ("Lambda-Runtime-Aws-Tenant-Id", offer.tenant_id),
    ] {
        response = value.into_iter().fold(response, |response, value| response.with(name, value));
    }
    response
}

/// `POST …/invocation/{id}/response`.
pub fn response<R: BufRead>(
    exchange: &Exchange,
    id: &str,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    if let Err(refused) = begin_answer(exchange, id, request, "response") {
        return Ok(refused);
    }
    let is_concurrent = exchange.is_concurrent();
    let tell = |said| exchange.say(if is_concurrent { Said::about(id, said) } else { said });
    let (said, response) = answer(id, request, body, tell);
    end_answer(exchange, id, said);
    Ok(response)
}

/// `POST …/invocation/{id}/error`.
pub fn invocation_error<R: BufRead>(
    exchange: &Exchange,
    id: &str,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    if let Err(refused) = begin_answer(exchange, id, request, "error") {
        return Ok(refused);
    }
    let said = Said::InvocationError(reported(request, body)?);
    end_answer(exchange, id, said);
    Ok(accepted())
}

/// `GET …/runtime/restore/next`: waits over the snapshot. Without SnapStart, there is no such path.
pub fn restore_next(exchange: &Exchange) -> Option<Response> {
    {
        let mut state = exchange.lock();
        if !state.snap_start {
            return Some(not_found());
        }
        if state.runtime != RuntimeState::Starting || state.restored {
            return Some(invalid_state("restore", &state.runtime));
        }
        state.runtime = RuntimeState::Snapshot;
    }
    exchange.say(Said::SnapshotReady);
    exchange.wait(|state| state.restored.then_some(()))?;
    Some(Response::new(200, ""))
}

/// `POST …/runtime/restore/error`.
pub fn restore_error<R: BufRead>(
    exchange: &Exchange,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    if !exchange.lock().snap_start {
        return Ok(not_found());
    }
    if !exchange.lock().restored {
        return Ok(error(403, "InvalidStateTransition", "`restore error` is refused before a restore"));
    }
    init_error(exchange, request, body)
}

/// `POST …/runtime/init/error`.
pub fn init_error<R: BufRead>(
    exchange: &Exchange,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    let failure = reported(request, body)?;
    let mut state = exchange.lock();
    if state.runtime != RuntimeState::Starting {
        return Ok(invalid_state("init error", &state.runtime));
    }
    state.runtime = RuntimeState::Failed;
    drop(state);
    exchange.say(Said::InitError(failure));
    Ok(accepted())
}

fn begin_answer(exchange: &Exchange, id: &str, request: &Request, what: &str) -> Result<(), Response> {
    let mut state = exchange.lock();
    let given = request.header("lambda-runtime-invocation-id");
    if let Some(workers) = &mut state.workers {
        return workers.begin_answer(id, given);
    }
    let RuntimeState::Busy(offer) = state.runtime.clone() else {
        if state.last.as_deref() != Some(id) {
            return Err(error(400, "InvalidRequestID", "Invalid request ID"));
        }
        return Err(invalid_state(what, &state.runtime));
    };
    if given.is_some_and(|given| given != offer.invocation_id) {
        return Err(error(410, "RuntimeInvokeTimeout", "the invocation ended before this answer"));
    }
    if offer.request_id != id {
        return Err(error(400, "InvalidRequestID", "Invalid request ID"));
    }
    state.runtime = RuntimeState::Answering(offer);
    Ok(())
}

fn end_answer(exchange: &Exchange, id: &str, said: Said) {
    let mut state = exchange.lock();
    let said = match &mut state.workers {
        Some(workers) => {
            workers.end_answer(id);
            Said::about(id, said)
        }
        None => {
            state.runtime = RuntimeState::Answered;
            said
        }
    };
    drop(state);
    exchange.say(said);
}

fn invalid_state(what: &str, state: &RuntimeState) -> Response {
    let state = match state {
        RuntimeState::Starting => "starting",
        RuntimeState::Snapshot => "waiting for a restore",
        RuntimeState::Waiting => "waiting for an event",
        RuntimeState::Busy(_) => "busy with an event",
        RuntimeState::Answering(_) => "sending an answer",
        RuntimeState::Answered => "done with its event",
        RuntimeState::Failed => "failed",
    };
    error(403, "InvalidStateTransition", &format!("`{what}` is refused while the runtime is {state}"))
}
