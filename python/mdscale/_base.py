"""Scikit-learn's base classes where it is installed (1.6 or newer), and the little that is needed of them where not."""

from __future__ import annotations

from typing import Any, Dict

import numpy as np

from ._inputs import is_frame, numbers

__all__ = ["HAVE_SKLEARN", "Base", "check_is_fitted", "validate_data"]

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils.validation import check_is_fitted, validate_data

    HAVE_SKLEARN = True

    class Base(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
        """An estimator of scikit-learn's."""

except ImportError:
    import inspect

    HAVE_SKLEARN = False

    class NotFittedError(ValueError, AttributeError):
        """Something was asked of an estimator before ``fit``."""

    class Base:  # type: ignore[no-redef]
        """Parameters by name, as scikit-learn's estimators have them."""

        @classmethod
        def _names(cls) -> "list[str]":
            return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

        def get_params(self, deep: bool = True) -> Dict[str, Any]:
            return {name: getattr(self, name) for name in self._names()}

        def set_params(self, **params: Any) -> "Base":
            for name, value in params.items():
                if name not in self._names():
                    raise ValueError(f"{type(self).__name__} has no parameter {name!r}; it has: {', '.join(self._names())}")
                setattr(self, name, value)
            return self

        def __repr__(self) -> str:
            defaults = inspect.signature(type(self).__init__).parameters
            changed = (f"{k}={v!r}" for k, v in self.get_params().items() if repr(v) != repr(defaults[k].default))
            return f"{type(self).__name__}({', '.join(changed)})"

    def check_is_fitted(estimator: Any) -> None:
        if not hasattr(estimator, "embedding_"):
            raise NotFittedError(f"this {type(estimator).__name__} is not fitted yet; call fit first")

    def validate_data(estimator: Any, X: Any, *, reset: bool = True, skip_check_array: bool = False,
                      ensure_all_finite: Any = True, **_: Any) -> Any:
        columns = np.shape(X)[1] if np.ndim(X) == 2 else None
        names = np.asarray(X.columns, dtype=object) if is_frame(X) else None
        if not skip_check_array:
            X = numbers("X", X)
            if X.ndim != 2:
                raise ValueError(f"X must have two dimensions, not {X.ndim}")
            if not X.size:
                raise ValueError(f"X has {X.shape[0]} objects (rows) of {X.shape[1]} features")
            if np.isinf(X).any() or (ensure_all_finite is True and np.isnan(X).any()):
                raise ValueError("X has NaN or infinity in it")
        if reset:
            estimator.n_features_in_ = columns
            if names is not None and all(isinstance(name, str) for name in names):
                estimator.feature_names_in_ = names
        elif columns != estimator.n_features_in_:
            raise ValueError(f"X has {columns} features, but {type(estimator).__name__} was fitted with "
                             f"{estimator.n_features_in_}")
        return X
