//! Our own types as SQL values.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use crate::model::{
    Agent, Category, Direction, EntityId, EntityKind, MemoryId, MemoryKind, MemoryStatus, Occasion, Origin, Polarity,
    Role, SessionId, SessionOutcome, Timestamp, ToolStatus, Trigger, Use,
};

macro_rules! number {
    ($($type:ident),+) => { $(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    )+ };
}

number!(EntityId, MemoryId, Timestamp);

macro_rules! name {
    ($($type:ident),+) => { $(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let name = value.as_str()?;
                Self::parse(name).ok_or_else(|| unknown(stringify!($type), name))
            }
        }
    )+ };
}

name!(
    Agent,
    Category,
    Direction,
    EntityKind,
    MemoryKind,
    MemoryStatus,
    Occasion,
    Origin,
    Polarity,
    SessionOutcome,
    Trigger,
    Use
);

fn unknown(what: &str, name: &str) -> FromSqlError {
    FromSqlError::Other(format!("no {what} is called `{name}`").into())
}

impl ToSql for SessionId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for SessionId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        String::column_result(value).map(Self)
    }
}

impl ToSql for ToolStatus {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for ToolStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str().map(Self::parse)
    }
}

impl ToSql for Role {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "user" => Ok(Self::User),
            "agent" => Ok(Self::Agent),
            other => Err(unknown("role", other)),
        }
    }
}

/// A count or limit as SQL takes it; 0 means no limit.
pub(super) fn limit(count: usize) -> i64 {
    match count {
        0 => -1,
        count => i64::try_from(count).unwrap_or(i64::MAX),
    }
}
