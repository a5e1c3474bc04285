//! Filters and orders from any caller: the first byte says which of the two the rest is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_graph_store::{Error, Field, Filter, Limits, Order};

fuzz_target!(|input: &[u8]| {
    let Some((kind, text)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let limits = Limits::default();
    let refused = if kind % 2 == 0 {
        let filter = Filter::parse(text, &limits);
        assert!(filter.is_err() || text.len() <= limits.filter_bytes);
        filter.err().map(|error| (error, "filter"))
    } else {
        let order = Order::parse(text, &limits);
        if let Ok(order) = &order {
            assert!(text.len() <= limits.order_bytes && order.keys().len() <= limits.order_keys + 1);
            assert_eq!(order.keys().last().map(|key| &key.field), Some(&Field::Id), "no tie is left open");
        }
        order.err().map(|error| (error, "order_by"))
    };
    // Whatever is refused is the caller's fault, and the field is named.
    if let Some((error, of)) = refused {
        assert!(matches!(&error, Error::Invalid { field, .. } if field == of), "{error:?}");
    }
});
