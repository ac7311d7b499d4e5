import os

os.environ["SCIPY_ARRAY_API"] = "1"  # lets scikit-learn's checks of array API input run; read when scipy is imported
