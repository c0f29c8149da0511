//! Which images `prune` takes: random worlds of accounts, functions, versions and images, of which nothing in use may go.

use std::collections::{BTreeMap, BTreeSet};

use lambda_img::digest::Digest;
use lambda_img::prune::{Image, Keep, Plan, PruneError, Reason, Rules, links, plan};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use crate::harness::common;

/// What exists: images of a repository, and functions whose versions use some.
#[derive(Clone, Debug)]
struct World {
    images: Vec<Image>,
    /// For each account and Region its functions, for each the digests of `$LATEST` and of its versions.
    functions: Vec<Vec<Vec<Digest>>>,
    pinned: BTreeSet<Digest>,
    rules: Rules,
}

fn digest(number: usize) -> Digest {
    Digest::of(&number.to_le_bytes())
}

/// An image names only images before it, for its digest is made of theirs. Some of those are not in the repository.
fn image(at: usize) -> impl Strategy<Value = Image> {
    let named = prop::collection::vec(0..at.max(1), 0..4);
    (any::<prop::sample::Index>(), 0..6usize, named, 0..100i64, 0..100i64, 1..1000u64).prop_map(
        move |(_, kind, named, pushed, later, size)| {
            // Half are plain, some are indexes, some have a subject.
            let links = match kind {
                0..3 => Vec::new(),
                3 => named.into_iter().filter(|other| *other != at).map(digest).collect(),
                _ => named.into_iter().take(1).filter(|other| *other != at).map(digest).collect(),
            };
            Image { digest: digest(at), size, pushed, used: pushed + later, links: Some(links) }
        },
    )
}

fn world() -> impl Strategy<Value = World> {
    let images = (1..20usize).prop_flat_map(|count| {
        let images: Vec<_> = (0..count).map(image).collect();
        // Not all that exist are still there.
        (images, prop::collection::vec(prop::bool::weighted(0.9), count)).prop_map(|(images, there)| {
            let there = images.into_iter().zip(there).filter(|(_, there)| *there);
            there.map(|(image, _)| image).collect::<Vec<_>>()
        })
    });
    let function = prop::collection::vec((0..24usize).prop_map(digest), 1..4);
    let functions = prop::collection::vec(prop::collection::vec(function, 0..3), 0..6);
    let pinned = prop::collection::btree_set((0..24usize).prop_map(digest), 0..3);
    let rules = (0..4usize, prop::option::of(0..200i64)).prop_map(|(last, since)| Rules { last, since });
    (images.prop_shuffle(), functions, pinned, rules).prop_map(|(images, functions, pinned, rules)| World {
        images,
        functions,
        pinned,
        rules,
    })
}

impl World {
    fn plan(&self) -> Plan {
        let used = self.functions.iter().flatten().flatten().copied().collect();
        plan(&self.images, &Keep { used, pinned: self.pinned.clone() }, &self.rules).unwrap()
    }
}

/// What must hold of every plan, in the words of the world and not of the planner.
fn check(world: &World) -> Result<usize, TestCaseError> {
    let planned = world.plan();
    let rounds: BTreeMap<Digest, usize> = planned
        .delete
        .iter()
        .enumerate()
        .flat_map(|(at, round)| round.iter().map(move |one| (*one, at)))
        .collect();
    let goes = |digest: &Digest| rounds.contains_key(digest);
    // Nothing that a version of a function uses, in any account, and nothing that is pinned.
    for used in world.functions.iter().flatten().flatten().chain(&world.pinned) {
        prop_assert!(!goes(used), "{used} is in use");
    }
    let there: BTreeSet<_> = world.images.iter().map(|image| image.digest).collect();
    for image in &world.images {
        // Each goes or stays.
        prop_assert!(goes(&image.digest) != planned.keep.contains_key(&image.digest));
        if let Some(since) = world.rules.since {
            prop_assert!(image.used < since || !goes(&image.digest), "it is young");
        }
        for other in image.links.iter().flatten().filter(|other| there.contains(other)) {
            // Children of indexes and subjects of referrers stay with what names them, and the other way round.
            prop_assert_eq!(goes(&image.digest), goes(other));
            if let (Some(at), Some(of_other)) = (rounds.get(&image.digest), rounds.get(other)) {
                prop_assert!(at < of_other, "what names another goes before it");
            }
        }
    }
    // The last ones.
    let mut newest: Vec<_> = world.images.iter().map(|image| (image.pushed, image.digest)).collect();
    newest.sort_unstable();
    for (_, digest) in newest.iter().rev().take(world.rules.last) {
        prop_assert!(!goes(digest), "it is one of the last");
    }
    let bytes: u64 = world.images.iter().filter(|image| goes(&image.digest)).map(|image| image.size).sum();
    prop_assert_eq!(planned.bytes, bytes);
    prop_assert_eq!(planned.delete.iter().map(Vec::len).sum::<usize>(), rounds.len());
    // The order of a list decides nothing.
    let turned = World { images: world.images.iter().rev().cloned().collect(), ..world.clone() };
    prop_assert_eq!(&planned, &turned.plan());
    // One more use never makes anything go.
    let mut more = world.clone();
    more.functions.push(vec![world.images.iter().map(|image| image.digest).take(1).collect()]);
    let more = more.plan();
    prop_assert!(more.delete.iter().flatten().all(goes));
    Ok(rounds.len())
}

#[test]
fn nothing_in_use_is_ever_in_a_plan() {
    let (going, worlds) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let mut runner = TestRunner::new(common::cases("prune", 10_000));
    let done = runner.run(&world(), |world| {
        let gone = check(&world)?;
        going.set(going.get() + gone);
        worlds.set(worlds.get() + usize::from(gone > 0));
        Ok(())
    });
    if let Err(error) = done {
        panic!("{error}");
    }
    // Most worlds have something that goes: the property is not an empty one.
    assert!(worlds.get() > 3_000 && going.get() > 10_000, "{worlds:?} {going:?}");
}

fn one(number: usize, pushed: i64, named: &[usize]) -> Image {
    let links = Some(named.iter().copied().map(digest).collect());
    Image { digest: digest(number), size: 1, pushed, used: pushed, links }
}

#[test]
fn each_image_that_stays_has_its_reason() {
    // An index of two images, of which a function uses one, with a signature; a pin; a young one; the last; and two.
    let images = [
        one(1, 1, &[]),
        one(2, 2, &[]),
        one(3, 3, &[1, 2]),
        one(4, 4, &[3]),
        one(5, 5, &[]),
        Image { used: 90, ..one(6, 6, &[]) },
        one(7, 8, &[]),
        one(8, 7, &[]),
        one(9, 6, &[8]),
    ];
    let keep = Keep { used: [digest(2)].into(), pinned: [digest(5)].into() };
    let planned = plan(&images, &keep, &Rules { last: 1, since: Some(50) }).unwrap();
    let reasons: Vec<_> = (1..=9).map(|number| planned.keep.get(&digest(number)).copied()).collect();
    let belongs = Some(Reason::Belongs);
    let expected = [
        belongs,
        Some(Reason::Used),
        belongs,
        belongs,
        Some(Reason::Pinned),
        Some(Reason::Young),
        Some(Reason::Last),
        None,
        None,
    ];
    assert_eq!(reasons, expected);
    assert_eq!(planned.delete, [vec![digest(9)], vec![digest(8)]]);
    // A signature of an image that a function uses, whose manifest is not in the list.
    let keep = Keep { used: [digest(20)].into(), ..Keep::default() };
    let planned = plan(&[one(10, 1, &[20])], &keep, &Rules::default()).unwrap();
    assert!(planned.delete.is_empty());
}

#[test]
fn a_manifest_that_cannot_be_read_ends_the_plan() {
    let images = [one(1, 1, &[]), Image { links: None, ..one(2, 2, &[]) }];
    let error = plan(&images, &Keep::default(), &Rules::default()).unwrap_err();
    assert_eq!(error, PruneError::UnreadManifest { digest: digest(2) });
}

#[test]
fn manifests_name_their_images_and_their_subject() {
    let (first, second) = (digest(1), digest(2));
    let index = format!(r#"{{"manifests": [{{"digest": "{first}"}}], "subject": {{"digest": "{second}"}}}}"#);
    assert_eq!(links(index.as_bytes()), Some(vec![first, second]));
    assert_eq!(links(br#"{"config": {}, "layers": []}"#), Some(vec![]));
    for wrong in [r#"{"manifests": [{}]}"#, r#"{"subject": {"digest": "x"}}"#, "[]", "{"] {
        assert_eq!(links(wrong.as_bytes()), None, "{wrong}");
    }
}
