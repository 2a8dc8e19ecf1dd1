import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan.model.adam import FusedAdam


def trained(optimizer, variables, steps):
    optimizer.build(variables)
    update = tf.function(lambda *values: optimizer.apply(values, variables))
    for step in range(steps):
        rng = np.random.default_rng(step)
        gradients = [rng.normal(size=v.shape).astype(np.float32) * 10.0**step for v in variables]
        update(*map(tf.constant, gradients))
    return [np.asarray(v) for v in [*variables, *optimizer.variables]]


def variables():
    rng = np.random.default_rng(99)
    return [keras.Variable(rng.normal(size=shape), dtype="float32") for shape in [(5, 7), (3,)]]


def test_first_step_by_hand():
    # m = 0.5 * 4, v = 0.001 * 16; corrected by 1 - 0.5 and 1 - 0.999 they are 4 and 16, so the
    # step is the learning rate times 4 / sqrt(16).
    variable = keras.Variable([1.0])
    optimizer = FusedAdam(0.1, beta_1=0.5)
    optimizer.build([variable])
    optimizer.apply([tf.constant([4.0])], [variable])
    np.testing.assert_allclose(np.asarray(variable), [0.9], rtol=1e-6)


def test_what_has_no_gradient_stays():
    learning, staying = keras.Variable([1.0]), keras.Variable([2.0])
    optimizer = FusedAdam(0.1, beta_1=0.5)
    optimizer.build([learning, staying])
    optimizer.apply([tf.constant([4.0]), None], [learning, staying])
    np.testing.assert_allclose(np.asarray(learning), [0.9], rtol=1e-6)
    assert float(staying[0]) == 2.0
    assert int(optimizer.iterations) == 1


def test_same_numbers_as_keras_adam():
    fused = trained(FusedAdam(1e-2, beta_1=0.5), variables(), 4)
    plain = trained(keras.optimizers.Adam(1e-2, beta_1=0.5), variables(), 4)
    for ours, theirs in zip(fused, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_checkpoints_of_the_two_are_exchangeable(tmp_path):
    ours = variables()
    fused = FusedAdam(1e-2, beta_1=0.5)
    trained(fused, ours, 2)
    path = tf.train.Checkpoint(optimizer=fused).save(str(tmp_path / "ckpt"))
    plain = keras.optimizers.Adam(1e-2, beta_1=0.5)
    plain.build(variables())
    tf.train.Checkpoint(optimizer=plain).restore(path).assert_existing_objects_matched()
    for a, b in zip(fused.variables, plain.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
