//! The Runtime API of an environment that answers several events at once, as those of Lambda Managed Instances do: each
//! worker of the runtime asks for an event of its own.
//!
//! Source: AWS Lambda Developer Guide, "Understanding the Lambda Managed Instances execution environment"; AWS's emulator
//! (`lambda-managed-instances/invoke`).

use std::io::BufRead;

use super::answered::{accepted, answer, error, reported};
use super::exchange::Exchange;
use super::runtime::event;
use super::said::Said;
use crate::invoke::http::{Body, Request, Response};

/// `GET …/invocation/next`: waits for an event.
pub fn next(exchange: &Exchange) -> Option<Response> {
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

/// `POST …/invocation/{id}/response`.
pub fn response<R: BufRead>(
    exchange: &Exchange,
    id: &str,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    if let Err(refused) = begin(exchange, id, request) {
        return Ok(refused);
    }
    let (said, response) = answer(id, request, body, |piece| exchange.say(Said::about(id, piece)));
    end(exchange, id, said);
    Ok(response)
}

/// `POST …/invocation/{id}/error`.
pub fn invocation_error<R: BufRead>(
    exchange: &Exchange,
    id: &str,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    if let Err(refused) = begin(exchange, id, request) {
        return Ok(refused);
    }
    let said = Said::InvocationError(reported(request, body)?);
    end(exchange, id, said);
    Ok(accepted())
}

fn begin(exchange: &Exchange, id: &str, request: &Request) -> Result<(), Response> {
    match &mut exchange.lock().workers {
        Some(workers) => workers.begin_answer(id, request.header("lambda-runtime-invocation-id")),
        None => Ok(()),
    }
}

fn end(exchange: &Exchange, id: &str, said: Said) {
    if let Some(workers) = &mut exchange.lock().workers {
        workers.end_answer(id);
    }
    exchange.say(Said::about(id, said));
}
