//! A combiner's records, watched: whether their keys are those that it was given.
//!
//! A combiner must keep keys. Hadoop does not look: a record with another key stays where it is, out of order or in
//! another key's partition, and the reducer meets it there. So it is here, and it is counted for a warning.

use howdah_plan::{RecordSink, SortedRecords, TaskError};

use crate::contract::{Contract, Partitioning};

/// The records that a combiner reads, and the partition of the first.
pub(super) struct FirstPartition<'r> {
    records: &'r mut (dyn SortedRecords + Send),
    /// The first record was read to look at it, and is still to be given.
    holds_first: bool,
    pub(super) partition: Option<u32>,
}

impl<'r> FirstPartition<'r> {
    pub(super) fn of(
        records: &'r mut (dyn SortedRecords + Send),
        contract: &Contract,
    ) -> Result<Self, TaskError> {
        let holds_first = records.advance()?;
        let partition = if holds_first { partition_of(contract, records.key()) } else { None };
        Ok(FirstPartition { records, holds_first, partition })
    }
}

impl SortedRecords for FirstPartition<'_> {
    fn advance(&mut self) -> Result<bool, TaskError> {
        if std::mem::take(&mut self.holds_first) { Ok(true) } else { self.records.advance() }
    }
    fn key(&self) -> &[u8] {
        self.records.key()
    }
    fn value(&self) -> &[u8] {
        self.records.value()
    }
    fn starts_group(&self) -> bool {
        self.records.starts_group()
    }
}

/// A sink that counts the records whose keys are not where they belong.
pub(super) struct KeptKeys<'s> {
    records: &'s mut dyn RecordSink,
    contract: &'s Contract,
    partition: Option<u32>,
    key: Vec<u8>,
    value: Vec<u8>,
    /// The key of the record before.
    before: Vec<u8>,
    has_value: bool,
    began: bool,
    pub(super) strayed: u64,
}

impl<'s> KeptKeys<'s> {
    pub(super) fn new(
        records: &'s mut dyn RecordSink,
        contract: &'s Contract,
        partition: Option<u32>,
    ) -> Self {
        KeptKeys {
            records,
            contract,
            partition,
            key: Vec::new(),
            value: Vec::new(),
            before: Vec::new(),
            has_value: false,
            began: false,
            strayed: 0,
        }
    }

    fn look(&mut self) {
        if self.began && self.key == self.before {
            return;
        }
        let is_unsorted =
            self.began && self.contract.order.compare(&self.before, &self.key).is_gt();
        let is_elsewhere =
            self.partition.is_some() && partition_of(self.contract, &self.key) != self.partition;
        self.strayed += u64::from(is_unsorted || is_elsewhere);
        self.began = true;
        self.before.clone_from(&self.key);
    }
}

impl RecordSink for KeptKeys<'_> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.key.clear();
        self.value.clear();
        self.has_value = false;
        &mut self.key
    }
    fn value(&mut self) -> &mut Vec<u8> {
        self.has_value = true;
        &mut self.value
    }
    fn end(&mut self) -> Result<(), TaskError> {
        self.look();
        self.records.key().extend_from_slice(&self.key);
        if self.has_value {
            self.records.value().extend_from_slice(&self.value);
        }
        self.records.end()
    }
    fn abandon(&mut self) {}
}

/// The partition of a key, where there are several; a key without one is told of elsewhere. Split points are in a file
/// that only the collector has read: among them the order alone is looked at.
fn partition_of(contract: &Contract, key: &[u8]) -> Option<u32> {
    let partitions = contract.partitions.filter(|&partitions| partitions > 1)?;
    match &contract.partitioning {
        Partitioning::By(partitioner) => partitioner.partition(key, partitions).ok(),
        Partitioning::TotalOrder(_) => None,
    }
}
