//! Running statements. Each is one `tracing` span with its text, never its values.

use std::ops::ControlFlow;

use rusqlite::{Connection, Params, Row};
use tracing::{Span, field::Empty};

use super::{fault, sql::Sql};
use crate::{Error, untraced};

fn span(sql: &str) -> Span {
    if untraced::quiet() {
        return Span::none();
    }
    tracing::info_span!(
        "db.query",
        sentry.op = "db.query",
        sentry.name = sql,
        db.system = "sqlite",
        db.query.text = sql,
        db.operation.batch.size = Empty,
        db.response.returned_rows = Empty,
    )
}

/// Runs a query and collects its rows.
pub(super) fn rows<T>(
    connection: &Connection,
    sql: &'static str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut rows = Vec::new();
    visit(connection, sql, params, |row| {
        rows.push(read(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// Runs a query that was built for the request and collects its rows.
pub(super) fn built<T>(
    connection: &Connection,
    sql: &Sql,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut rows = Vec::new();
    let params = rusqlite::params_from_iter(sql.values());
    run(connection, sql.text(), params, |row| {
        rows.push(read(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// Runs a query that was built for the request once for each of many items, under
/// one span for all of them.
pub(super) fn built_many<T>(
    connection: &Connection,
    sql: &mut Sql,
    items: impl ExactSizeIterator<Item = T>,
    mut bind: impl FnMut(&mut Sql, &T),
    mut take: impl FnMut(&mut T, &Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let span = span(sql.text());
    let _entered = span.enter();
    span.record("db.operation.batch.size", items.len());
    let statement = connection.prepare_cached(sql.text());
    let mut statement = statement.map_err(fault::error)?;
    let mut count = 0_u64;
    for mut item in items {
        bind(sql, &item);
        let params = rusqlite::params_from_iter(sql.values());
        let mut rows = statement.query(params).map_err(fault::error)?;
        while let Some(row) = rows.next().map_err(fault::error)? {
            count += 1;
            take(&mut item, row)?;
        }
    }
    span.record("db.response.returned_rows", count);
    Ok(())
}

/// Runs a query and hands over its rows until told to stop.
pub(super) fn visit(
    connection: &Connection,
    sql: &'static str,
    params: impl Params,
    take: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    run(connection, sql, params, take)
}

fn run(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut take: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let span = span(sql);
    let _entered = span.enter();
    let mut statement = connection.prepare_cached(sql).map_err(fault::error)?;
    let mut rows = statement.query(params).map_err(fault::error)?;
    let mut count = 0_u64;
    let result = loop {
        match rows.next() {
            Ok(None) => break Ok(()),
            Ok(Some(row)) => {
                count += 1;
                match take(row) {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(())) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
            Err(error) => break Err(fault::error(error)),
        }
    };
    span.record("db.response.returned_rows", count);
    result
}

/// Runs a statement that returns no rows; returns how many it changed.
pub(super) fn execute(
    connection: &Connection,
    sql: &'static str,
    params: impl Params,
) -> Result<usize, Error> {
    let span = span(sql);
    let _entered = span.enter();
    let mut statement = connection.prepare_cached(sql).map_err(fault::error)?;
    let changed = statement.execute(params).map_err(fault::error)?;
    span.record("db.response.returned_rows", 0);
    Ok(changed)
}

/// Runs one statement for each of many rows, under one span for all of them.
pub(super) fn batch<T, P: Params>(
    connection: &Connection,
    sql: &'static str,
    items: impl ExactSizeIterator<Item = T>,
    mut params: impl FnMut(T) -> P,
) -> Result<(), Error> {
    if items.len() == 0 {
        return Ok(());
    }
    let span = span(sql);
    let _entered = span.enter();
    span.record("db.operation.batch.size", items.len());
    let mut statement = connection.prepare_cached(sql).map_err(fault::error)?;
    for item in items {
        statement.execute(params(item)).map_err(fault::error)?;
    }
    span.record("db.response.returned_rows", 0);
    Ok(())
}
