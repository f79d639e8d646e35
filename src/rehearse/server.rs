//! HTTP on loopback: what comes over the wire to requests, answers to what goes back.
//!
//! In: connections. Out: answers, late by the latency, within the limits, and met by faults as planned: a fault before
//! means that nothing was done, a fault after that all was. What a request does is the worker's.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::StatusCode;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::time::Sleep;

use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::faults::{Fault, Faults};
use crate::rehearse::limits::Limiter;
use crate::rehearse::token::Tokens;
use crate::rehearse::worker::Job;

/// The largest body that is read: what the service's sandbox takes, and some more.
const BODY_MAX: usize = 128 * 1024 * 1024;

/// Why a connection is cut.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut, as planned")]
pub(in crate::rehearse) struct Cut;

type Body = BoxBody<Bytes, Cut>;

/// What all connections share.
pub(in crate::rehearse) struct Shared {
    /// Since when limits and tokens count.
    pub(in crate::rehearse) began: Instant,
    /// How late every answer is.
    pub(in crate::rehearse) latency: Duration,
    /// The limits.
    pub(in crate::rehearse) limiter: Mutex<Limiter>,
    /// The faults.
    pub(in crate::rehearse) faults: Mutex<Faults>,
    /// The tokens.
    pub(in crate::rehearse) tokens: Mutex<Tokens>,
    /// Where requests are done.
    pub(in crate::rehearse) jobs: mpsc::Sender<Job>,
}

/// Takes connections until the wish to stop comes.
pub(in crate::rehearse) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        // One that could not be taken is the client's loss alone.
        let Ok((stream, _)) = accepted else { continue };
        let (shared, mut stop) = (Arc::clone(&shared), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| handle(Arc::clone(&shared), request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            tokio::select! {
                // A connection that was cut is no error of the server.
                _ = connection.as_mut() => {}
                _ = stop.changed() => connection.as_mut().graceful_shutdown(),
            }
        });
    }
}

async fn handle(
    shared: Arc<Shared>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_MAX).collect().await else {
        return Ok(sent(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE)));
    };
    let url = head.uri.path_and_query().map_or("/", |url| url.as_str());
    let request = Request {
        method: head.method,
        url: url.to_owned(),
        headers: head.headers,
        body: body.to_bytes().to_vec(),
    };
    let now = shared.began.elapsed();
    let path = head.uri.path();
    if Tokens::is_asked(path) {
        let answer = lock(&shared.tokens).answer(path, &request.body, now);
        return Ok(sent(answer));
    }
    if !lock(&shared.tokens).hold(request.header("authorization"), now) {
        return Ok(sent(
            Fault::ExpiredToken.answer().unwrap_or_else(unauthorised),
        ));
    }
    let admitted = lock(&shared.limiter).admit(now);
    let ticket = match admitted {
        Ok(ticket) => ticket,
        Err(throttled) => return Ok(sent(throttled.answer())),
    };
    let answered = faulty(&shared, request).await;
    let now = shared.began.elapsed();
    let mut limiter = lock(&shared.limiter);
    limiter.done(ticket, now);
    answered.map(|(answer, is_whole)| {
        let answer = limiter.marked(answer, now);
        if is_whole { sent(answer) } else { half(answer) }
    })
}

fn unauthorised() -> Answer {
    Answer::empty(StatusCode::UNAUTHORIZED)
}

/// The answer, and whether all of it is to be sent.
async fn faulty(shared: &Shared, request: Request) -> Result<(Answer, bool), Cut> {
    let fault = lock(&shared.faults).next();
    tokio::time::sleep(shared.latency).await;
    if let Some(answer) = fault.and_then(Fault::answer) {
        return Ok((answer, true));
    }
    if fault == Some(Fault::ResetBefore) {
        return Err(Cut);
    }
    let (reply, answer) = oneshot::channel();
    let root = root(&request);
    let job = Job {
        request,
        root,
        reply,
    };
    // A worker that has ended has said why; nobody is answered any more.
    shared.jobs.send(job).map_err(|_| Cut)?;
    let answer = answer.await.map_err(|_| Cut)?;
    match fault {
        Some(Fault::ResetAfter) => Err(Cut),
        Some(Fault::HalfABody) => Ok((answer, false)),
        _ => Ok((answer, true)),
    }
}

/// The root of the API as this client names it, by the host and the version that it asks for.
fn root(request: &Request) -> String {
    let host = request.header("host").unwrap_or("127.0.0.1");
    let scheme = request.header("x-forwarded-proto").unwrap_or("http");
    let mut segments = request
        .url
        .split('/')
        .filter(|segment| segment.starts_with("v9."));
    let version = segments.next().unwrap_or("v9.2");
    format!("{scheme}://{host}/api/data/{version}/")
}

fn sent(answer: Answer) -> http::Response<Body> {
    let body = Full::new(Bytes::from(answer.body)).map_err(|never: Infallible| match never {});
    let mut response = http::Response::new(body.boxed());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    let headers = response.headers_mut();
    headers.insert("odata-version", http::HeaderValue::from_static("4.0"));
    response
}

/// An answer whose body breaks off in the middle; the length that is announced is that of the whole.
fn half(mut answer: Answer) -> http::Response<Body> {
    let whole = answer.body.len();
    answer.body.truncate(whole / 2);
    let first = Some(Bytes::from(std::mem::take(&mut answer.body)));
    let mut response = sent(answer);
    *response.body_mut() = Half {
        first,
        pause: Box::pin(tokio::time::sleep(FIRST_HALF)),
    }
    .boxed();
    let length = whole.max(1).to_string();
    if let Ok(length) = http::HeaderValue::from_str(&length) {
        response.headers_mut().insert("content-length", length);
    }
    response
}

/// How long the first half has to reach the client.
const FIRST_HALF: Duration = Duration::from_millis(20);

/// A body that is cut after its first piece.
struct Half {
    first: Option<Bytes>,
    /// Without a pause the cut would come before the first piece is on its way.
    pause: Pin<Box<Sleep>>,
}

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(first) = self.first.take().filter(|first| !first.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.pause.as_mut().poll(context).map(|()| Some(Err(Cut)))
    }
}

/// The address to listen at: loopback, and nothing else.
pub(in crate::rehearse) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
