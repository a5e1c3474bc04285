//! Two tables, of nodes and of edges, as CSV. Pure.
//!
//! The nodes' heading names `id` and `type`, the edges' `from`, `type` and `to`;
//! every other column is a property, whose type may stand after a colon:
//! `name,age:int,height:double,member:bool,since:time`. An empty cell is no
//! property.

use std::io::Read;

use csv::{Reader, ReaderBuilder, StringRecord};
use throughline_api::graph::v1::{Edge, Node};

use super::Limits;
use super::assembly::{Assembly, Fault};
use super::graph::{Graph, Properties};
use crate::values;

/// Which of the two tables a fault lies in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Table {
    Nodes,
    Edges,
}

/// The graph that both tables make.
pub(crate) fn read(
    nodes: impl Read,
    edges: impl Read,
    limits: &Limits,
) -> Result<Graph, (Table, Fault)> {
    let mut assembly = Assembly::new(limits);
    let table = Columns::read(
        nodes,
        ["id", "type"],
        limits,
        |line, [id, node_type], properties| {
            assembly.node(
                line,
                Node {
                    id,
                    r#type: node_type,
                    properties,
                    etag: String::new(),
                },
            )
        },
    );
    table.map_err(|fault| (Table::Nodes, fault))?;
    let table = Columns::read(
        edges,
        ["from", "type", "to"],
        limits,
        |line, [from, edge_type, to], properties| {
            assembly.edge(
                line,
                Edge {
                    from,
                    r#type: edge_type,
                    to,
                    properties,
                },
            )
        },
    );
    table.map_err(|fault| (Table::Edges, fault))?;
    // No edge comes before a node here, so what hangs in the air is an edge.
    assembly.finish().map_err(|fault| (Table::Edges, fault))
}

/// What the columns of a table mean.
struct Columns<const N: usize> {
    fixed: [usize; N],
    /// Column, property, type.
    properties: Vec<(usize, String, String)>,
}

impl<const N: usize> Columns<N> {
    fn read(
        input: impl Read,
        fixed: [&str; N],
        limits: &Limits,
        mut each: impl FnMut(u64, [String; N], Properties) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut reader: Reader<_> = ReaderBuilder::new().from_reader(input.take(limits.file_bytes));
        let heading = reader.headers().map_err(|error| fault(&error))?;
        let columns = Self::of(heading, fixed, limits)?;
        let mut row = StringRecord::new();
        while reader
            .read_record(&mut row)
            .map_err(|error| fault(&error))?
        {
            let line = row.position().map_or(0, csv::Position::line);
            let cells = columns.fixed.map(|column| row[column].to_owned());
            let mut properties = Properties::new();
            for (column, name, kind) in &columns.properties {
                let cell = &row[*column];
                if !cell.is_empty() {
                    let value = values::typed(kind, cell)
                        .map_err(|why| Fault::new(line, format!("column `{name}`: {why}")))?;
                    properties.insert(name.clone(), value);
                }
            }
            each(line, cells, properties)?;
        }
        Ok(())
    }

    fn of(heading: &StringRecord, fixed: [&str; N], limits: &Limits) -> Result<Self, Fault> {
        let find = |wanted: &str| heading.iter().position(|name| name.trim() == wanted);
        let mut found = [0; N];
        for (place, wanted) in found.iter_mut().zip(fixed) {
            let missing = || Fault::new(1, format!("the heading has no column `{wanted}`"));
            *place = find(wanted).ok_or_else(missing)?;
        }
        let others = heading
            .iter()
            .enumerate()
            .filter(|(index, _)| !found.contains(index));
        let mut properties: Vec<(usize, String, String)> = Vec::new();
        for (index, text) in others {
            let (name, kind) = text
                .trim()
                .split_once(':')
                .unwrap_or((text.trim(), "string"));
            if !["string", "int", "double", "bool", "time"].contains(&kind) {
                let why = format!(
                    "column `{name}`: `{kind}` is no type: use string, int, double, bool or time"
                );
                return Err(Fault::new(1, why));
            }
            if properties.iter().any(|(_, there, _)| there == name) {
                return Err(Fault::new(1, format!("there are two columns `{name}`")));
            }
            properties.push((index, name.to_owned(), kind.to_owned()));
        }
        if properties.len() > limits.properties {
            let most = limits.properties;
            return Err(Fault::new(1, format!("there are more than {most} columns")));
        }
        Ok(Self {
            fixed: found,
            properties,
        })
    }
}

fn fault(error: &csv::Error) -> Fault {
    let line = error.position().map_or(0, csv::Position::line);
    let why = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("it has {len} cells, and the heading has {expected_len}"),
        _ => error.to_string(),
    };
    Fault::new(line, why)
}

#[cfg(test)]
mod tests {
    use super::super::graph::{int, text};
    use super::*;

    fn check(nodes: &str, edges: &str, expected: Result<(usize, usize), (Table, &str)>) {
        let found = read(nodes.as_bytes(), edges.as_bytes(), &Limits::default());
        let found = found
            .map(|graph| (graph.nodes.len(), graph.edges.len()))
            .map_err(|(table, fault)| (table, fault.to_string()));
        assert_eq!(
            found,
            expected.map_err(|(table, fault)| (table, fault.to_owned()))
        );
    }

    #[test]
    fn tables_are_a_graph_or_a_fault() {
        let nodes = "id,note,type,age:int\na,\"x\ny\",T,7\n\"b,2\",,T,\n";
        let edges = "to,from,type\na,\"b,2\",E\n";
        check(nodes, edges, Ok((2, 1)));
        let of = |table, why| Err((table, why));
        check(
            "id\n",
            edges,
            of(Table::Nodes, "line 1: the heading has no column `type`"),
        );
        check(
            "id,type,n:uuid\n",
            edges,
            of(
                Table::Nodes,
                "line 1: column `n`: `uuid` is no type: use string, int, double, bool or time",
            ),
        );
        check(
            "id,type,n,n:int\n",
            edges,
            of(Table::Nodes, "line 1: there are two columns `n`"),
        );
        check(
            "id,type,age:int\na,T,1\nb,T,old\n",
            edges,
            of(Table::Nodes, "line 3: column `age`: `old` is no int"),
        );
        check(
            "id,type\na\n",
            edges,
            of(
                Table::Nodes,
                "line 2: it has 1 cells, and the heading has 2",
            ),
        );
        check(
            nodes,
            "from,type,to\na,E,a\na,E,x\n",
            of(
                Table::Edges,
                "line 3: the edge names the node `x`, which is not there",
            ),
        );
        check(
            "id,type\na,T-T\n",
            edges,
            of(
                Table::Nodes,
                "line 2: the type `T-T` is not an ASCII letter, then letters, digits and underscores, at most 64 bytes",
            ),
        );
    }

    #[test]
    fn an_empty_cell_is_no_property() {
        let nodes = "id,type,name,age:int\na,T,,7\nb,T,B,\n";
        let graph = read(nodes.as_bytes(), &b"from,type,to\n"[..], &Limits::default()).unwrap();
        assert_eq!(
            graph.nodes["a"].properties,
            [("age".to_owned(), int(7))].into()
        );
        assert_eq!(
            graph.nodes["b"].properties,
            [("name".to_owned(), text("B"))].into()
        );
    }
}
