"""What is judged besides the backends: functions and programs, in processes of their own."""
