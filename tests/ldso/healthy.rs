//! Python's own extension modules: all of them load, and none is predicted to fail.

use crate::lab::{assert_same, is_library, predict_and_open};
use crate::python::{Request, say};

#[test]
fn modules_of_the_standard_library_are_predicted_as_they_are() {
    let directory = say("import sysconfig; print(sysconfig.get_config_var('DESTSHARED'))");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if !is_library(&path) {
            continue;
        }
        let path = path.to_str().unwrap();
        let (load, real) = predict_and_open(path, &Request::default());
        assert_same(path, &load, &real);
        count += 1;
    }
    assert!(count > 20, "{count} modules");
}
